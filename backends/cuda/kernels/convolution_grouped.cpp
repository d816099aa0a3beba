// SPDX-License-Identifier: Apache-2.0
// Convolution of groups of a few channels, with the whole chain behind it: groups that share a step
// of the tensor cores are one with zeros between them, which costs less than what the libraries
// leave of the memory's bandwidth.
#include "backends/cuda/support/direct_convolution.h"
#include "backends/cuda/support/walk.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kSharedBytes = int64_t{98} * 1024, kSteps = 27;
constexpr size_t kTactics = 10, kTacticsOfDepthwise = 4;

// As Shape of grouped.cuh.
struct Shape {
    FastDiv columns, rows;
    uint32_t tiles = 0;
    int32_t height = 1, width = 1, channels = 1, outHeight = 1, outWidth = 1, top = 0, left = 0,
            maps = 1;
};
using Parameters = ChainParameters<Shape>;

int64_t at(const std::vector<int64_t>& v, size_t axis) { return v.empty() ? 1 : v[axis]; }

// Of a block: channels of the input, rows and columns of results.
struct Tile {
    int64_t channels = 64, rows = 8, columns = 16;
};

struct Record : DirectConvolution {
    int cores = 1;
    Tile of;

    void save(ByteWriter& out) const {
        DirectConvolution::save(out);
        putInts<int64_t>(out, {cores, of.channels, of.rows, of.columns});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.DirectConvolution::load(in);
        auto v = getInts(in);
        if (v.size() != 4 || r.kernel.size() != 4 || v[0] < 1) in.corrupt("a convolution's tile");
        r.cores = static_cast<int>(v[0]);
        r.of = {v[1], v[2], v[3]};
        if (!r.valid()) in.corrupt("a convolution's tile");
        return r;
    }
    bool tile(const std::string& text) {
        int c = 0, y = 0, x = 0;
        if (std::sscanf(text.c_str(), "%dx%dx%d", &c, &y, &x) != 3) return false;
        of = {c, y, x};
        return valid();
    }

    int64_t channelsOfGroup() const { return kernel[1]; }
    int64_t mapsOfGroup() const { return kernel[0] / op.groups; }
    bool depthwise() const { return channelsOfGroup() == 1; }
    // Groups that fill steps of 16 channels and slices of 16 maps.
    int64_t together() const {
        auto missing = [](int64_t n) { return 16 / std::gcd<int64_t>(n, 16); };
        return std::max(missing(channelsOfGroup()), missing(mapsOfGroup()));
    }
    int64_t unit() const { return together() * channelsOfGroup(); }
    int64_t slices() const { return together() * mapsOfGroup() / 16; }
    int64_t steps() const { return kernel[2] * kernel[3] * unit() / 16; }
    int64_t channels() const { return op.groups * channelsOfGroup(); }
    int64_t jobs() const { return of.channels / unit() * slices(); }
    int64_t warps() const { return jobs() * std::max<int64_t>(1, 8 / jobs()); }
    int64_t patch(size_t axis, int64_t results) const {
        return (results - 1) * at(op.stride, axis) +
               (kernel[axis + 2] - 1) * at(op.dilation, axis) + 1;
    }
    int64_t patchPixels() const { return patch(0, of.rows) * patch(1, of.columns); }
    int64_t sharedBytes() const { return 2 * patchPixels() * (of.channels + 8) * 2; }
    bool valid() const {
        return of.channels >= 1 && of.rows >= 1 && of.columns >= 1 && of.rows <= 64 &&
               of.columns <= 64 && of.channels <= 256 && channels() % of.channels == 0 &&
               of.channels % unit() == 0 && warps() <= 16 && sharedBytes() <= kSharedBytes;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto &x = s.inputs[static_cast<size_t>(input)].dims, &y = s.outputs[0].dims;
        ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(op),
                                               ops::spatialDims(toDims(x)),
                                               ops::spatialDims(toDims(kernel))));
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        Parameters p;
        p.shape.height = i32(x[2]), p.shape.width = i32(x[3]), p.shape.channels = i32(x[1]);
        p.shape.outHeight = i32(y[2]), p.shape.outWidth = i32(y[3]), p.shape.maps = i32(kernel[0]);
        p.shape.top = i32(g.before[1]), p.shape.left = i32(g.before[2]);
        int64_t columns = divideUp(y[3], of.columns), lines = divideUp(y[2], of.rows);
        int64_t all = product(y) == 0 ? 0 : columns * lines * x[0];
        Grid grid;
        grid.threads = static_cast<unsigned>(warps() * 32);
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        grid.y = static_cast<unsigned>(channels() / of.channels);
        // As many blocks as run at once, by their memory and registers.
        int64_t atOnce = std::clamp<int64_t>(int64_t{200} * 1024 / sharedBytes(), 1,
                                             std::max<int64_t>(1, 24 / warps()));
        grid.x = static_cast<unsigned>(std::min<int64_t>(all, divideUp(cores * atOnce, grid.y)));
        if (all > 0) {
            p.shape.tiles = static_cast<uint32_t>(all);
            p.shape.columns = fastDiv(columns), p.shape.rows = fastDiv(lines);
        }
        return launchBound(code.function("grouped_convolution", grid.sharedBytes), grid, p,
                           chainPlacer<Shape>(input, operands),
                           cat(of.channels, " channels, ", of.rows, "x", of.columns, " results"));
    }
};

class Factory final : public DirectFactory<Record> {
public:
    std::string_view name() const override { return "cuda.convolution.grouped"; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
    }

    // Those whose tiles waste least, and read few pixels more than once.
    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r;
        std::string text;
        std::vector<int> consumed;
        read(q, r, text, consumed);
        const auto y = q.dimsAt(q.out(0), ir::GroupShape::opt);
        std::vector<std::pair<double, Tile>> all;
        for (int64_t channels : {r.unit(), int64_t{32}, int64_t{64}, int64_t{128}})
            for (int64_t rows : {1, 2, 4, 7, 8, 14, 16})
                for (int64_t columns : {4, 7, 8, 14, 16, 28, 32}) {
                    r.of = {channels, rows, columns};
                    if (channels % r.unit() != 0 || !r.valid()) continue;
                    all.push_back({estimate(r, y), r.of});
                }
        std::stable_sort(all.begin(), all.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        const size_t most = r.depthwise() ? kTacticsOfDepthwise : kTactics;
        for (const auto& [cost, t] : all) {
            const std::string parameters = cat(t.channels, "x", t.rows, "x", t.columns);
            auto same = [&](const tactic::Tactic& o) { return o.parameters == parameters; };
            if (out.size() < most && std::none_of(out.begin(), out.end(), same))
                out.push_back({std::string(name()), parameters});
        }
    }

private:
    // Steps of tensor cores and pixels read, of all blocks, in turns of the GPU.
    static double estimate(const Record& r, const std::vector<int64_t>& y) {
        auto up = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
        int64_t tiles =
            up(y[3], r.of.columns) * up(y[2], r.of.rows) * y[0] * (r.channels() / r.of.channels);
        double turns = static_cast<double>(std::max(tiles, int64_t{2} * r.cores));
        auto jobs = static_cast<double>(r.jobs());
        double multiply = static_cast<double>(up(r.of.rows * r.of.columns, 16) * r.steps()) * jobs;
        double copy = static_cast<double>(r.patchPixels() * r.of.channels) / 16;
        return turns * (multiply + copy + 64);
    }

    Support read(const tactic::Query& q, Record& r, std::string& text,
                 std::vector<int>& consumed) const override {
        if (Support s = readDirectConvolution(q, r); !s.ok) return s;
        if (r.kernel.size() != 4 || r.op.groups < 2) return no("not in a plane, or without groups");
        // Each map of one channel: fifteen of sixteen products are with zero, which pays from 5x5
        // on.
        if (r.depthwise() && r.kernel[2] * r.kernel[3] < 25) return no("a small depthwise window");
        if (!isSmallReal(q.in(r.input).type)) return no("elements are neither f16 nor bf16");
        if (r.op.groups % r.together() != 0) return no("groups do not fill steps of 16 channels");
        if (r.steps() > kSteps) return no("groups are wide");
        r.of = {r.unit(), 1, 4};
        if (!r.valid()) return no("groups or windows are large");
        r.cores = std::max(1, q.device().properties().cores);
        return writeDirectConvolution(q, r, "grouped_convolution", "THREADS", "grouped(p);", text,
                                      consumed);
    }

    std::string defines(const tactic::Query& q, const Record& r) const override {
        std::string text;
        auto number = [&](const char* name, int64_t v) { text += constantText(name, v); };
        number("V", 4), number("CHANNELS", r.of.channels), number("UNIT", r.unit());
        number("SLICES", r.slices()), number("JOBS", r.jobs()), number("WARPS", r.warps());
        number("ROWS", r.of.rows), number("COLUMNS", r.of.columns);
        number("KERNEL_Y", r.kernel[2]), number("KERNEL_X", r.kernel[3]);
        number("STRIDE_Y", at(r.op.stride, 0)), number("STRIDE_X", at(r.op.stride, 1));
        number("DILATION_Y", at(r.op.dilation, 0)), number("DILATION_X", at(r.op.dilation, 1));
        return cat("#include \"math.cuh\"\n", directTypes(q, r), text,
                   "#include \"grouped.cuh\"\n");
    }

    // In the order in which threads hold them: per slice of 16 maps, step of 16 channels of a place
    // of the window, lane: two pairs for each tile of 8 maps. Two tiles' results lie side by side.
    tactic::PackedConstant pack(const tactic::Query& q, const Record& r) const override {
        const uint8_t* from = q.constant(q.group().anchorInput(1))->data();
        const int64_t channels = r.channelsOfGroup(), maps = r.mapsOfGroup(),
                      window = r.kernel[2] * r.kernel[3], perTap = r.unit() / 16;
        std::vector<uint8_t> out(static_cast<size_t>(r.kernel[0] / 16 * r.steps() * 512), 0);
        uint8_t* to = out.data();
        for (int64_t slice = 0; slice < r.kernel[0] / 16; ++slice)
            for (int64_t step = 0; step < r.steps(); ++step)
                for (int64_t i = 0; i < 256; ++i, to += 2) {
                    int64_t lane = i / 8, tile = i / 4 % 2, pair = i / 2 % 2, column = lane / 4;
                    int64_t map = slice * 16 + column / 2 * 4 + tile * 2 + column % 2;
                    int64_t channel = step % perTap * 16 + pair * 8 + lane % 4 * 2 + i % 2 +
                                      slice / r.slices() * r.unit();
                    if (channel / channels != map / maps) continue;
                    int64_t element =
                        (map * channels + channel % channels) * window + step / perTap;
                    std::copy_n(from + element * 2, 2, to);
                }
        return {Blob::own(std::move(out)),
                cat("slices of 16 maps, steps of ", r.unit(), " channels")};
    }
};

}  // namespace

void registerKernel_convolution_grouped(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
