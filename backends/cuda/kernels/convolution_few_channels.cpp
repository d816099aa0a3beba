// SPDX-License-Identifier: Apache-2.0
// The first convolution of a network: up to four channels, read as an image lies in memory, without
// a copy that pads them, and the whole chain behind it, in 16 bits or TF32. The libraries reach a
// fifth of what memory allows here.
#include "backends/cuda/support/direct_convolution.h"
#include "backends/cuda/support/walk.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kSharedBytes = int64_t{98} * 1024;

// As Shape of few_channels.cuh.
struct Shape {
    FastDiv columns, rows;
    uint32_t tiles = 0;
    int32_t height = 1, width = 1, outHeight = 1, outWidth = 1, top = 0, left = 0, maps = 1;
};
using Parameters = ChainParameters<Shape>;

void roundToTf32(uint8_t* at) {
    uint32_t bits = 0;
    std::memcpy(&bits, at, 4);
    bits = (bits + 0x1000) & ~0x1fffU;
    std::memcpy(at, &bits, 4);
}

int64_t lastOr(const std::vector<int64_t>& v, size_t axis, int64_t otherwise) {
    return v.empty() ? otherwise : v[axis];
}

struct Record : DirectConvolution {
    int cores = 1;
    int rows = 2, warps = 4;  // rows of results of a warp, warps of a block
    int each = 2;             // elements of a word: 1 are floats, rounded to TF32

    void save(ByteWriter& out) const {
        DirectConvolution::save(out);
        putInts<int64_t>(out, {cores, rows, warps, each});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.DirectConvolution::load(in);
        auto v = getInts(in);
        if (v.size() != 4 || r.kernel.size() != 4 || v[0] < 1 || v[1] < 1 || v[2] < 1 ||
            v[1] > 16 || v[2] > 32 || (v[3] != 1 && v[3] != 2))
            in.corrupt("a first convolution's tile");
        r.cores = static_cast<int>(v[0]);
        r.rows = static_cast<int>(v[1]), r.warps = static_cast<int>(v[2]);
        r.each = static_cast<int>(v[3]);
        return r;
    }
    bool tile(const std::string& text) {
        return std::sscanf(text.c_str(), "%dx%d", &rows, &warps) == 2;
    }

    int64_t stride(size_t axis) const { return lastOr(op.stride, axis, 1); }
    // A row of a window begins at the first element of a word of an image's row.
    int64_t lead() const { return lastOr(op.prePadding, 1, 0) % each; }
    int64_t depthOfRow() const {
        int64_t width = kernel[3] + lead();
        return width <= 4 ? 4 : width <= 8 ? 8 : 16;
    }
    int64_t steps() const {
        return divideUp(kernel[1] * kernel[2] * depthOfRow(), int64_t{8} * each);
    }
    // Tiles of eight maps whose results lie side by side in a thread, and all of a block.
    int64_t tilesTogether() const { return kernel[0] % 8 == 0 && kernel[0] > 16 ? 4 : 2; }
    int64_t tiles() const {
        int64_t together = tilesTogether(), all = (kernel[0] + 7) / 8;
        all = (all + together - 1) / together * together;
        return all <= 8 || all % 8 == 0 ? std::min<int64_t>(all, 8) : together;
    }
    int64_t blocksOfMaps() const { return divideUp(kernel[0], tiles() * 8); }
    int64_t weightBytes() const { return steps() * tiles() * 256; }
    int64_t sharedBytes() const {
        int64_t height = (warps * rows - 1) * stride(0) + kernel[2];
        int64_t words = (15 * stride(1) + depthOfRow() + each) / each;
        return weightBytes() + 2 * kernel[1] * height * words * 4;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto &x = s.inputs[static_cast<size_t>(input)].dims, &y = s.outputs[0].dims;
        ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(op),
                                               ops::spatialDims(toDims(x)),
                                               ops::spatialDims(toDims(kernel))));
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        Parameters p;
        p.shape.height = i32(x[2]), p.shape.width = i32(x[3]), p.shape.maps = i32(kernel[0]);
        p.shape.outHeight = i32(y[2]), p.shape.outWidth = i32(y[3]);
        p.shape.top = i32(g.before[1]), p.shape.left = i32(g.before[2]);
        int64_t columns = divideUp(y[3], 16), lines = divideUp(y[2], int64_t{warps} * rows);
        int64_t all = product(y) == 0 ? 0 : columns * lines * x[0];
        Grid grid;
        grid.threads = static_cast<unsigned>(warps * 32);
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        grid.y = static_cast<unsigned>(blocksOfMaps());
        // As many blocks as run at once: each copies the weights but once.
        int64_t atOnce = std::clamp<int64_t>(int64_t{200} * 1024 / sharedBytes(), 1,
                                             std::max(1, 32 / (warps * rows)));
        grid.x = static_cast<unsigned>(std::min(all, cores * atOnce));
        if (all > 0) {
            p.shape.tiles = static_cast<uint32_t>(all);
            p.shape.columns = fastDiv(columns), p.shape.rows = fastDiv(lines);
        }
        return launchBound(code.function("few_channels", grid.sharedBytes), grid, p,
                           chainPlacer<Shape>(input, operands), cat(warps * rows, " x 16 results"));
    }
};

class Factory final : public DirectFactory<Record> {
public:
    std::string_view name() const override { return "cuda.convolution.few_channels"; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        tactic::Combination c = channelsLastCombination(q);
        c.inputs[static_cast<size_t>(q.group().anchorInput(0))].format = Format::linear();
        out.push_back(std::move(c));
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r;
        std::string text;
        std::vector<int> consumed;
        read(q, r, text, consumed);
        for (auto [rows, warps] : {std::pair{4, 4}, {2, 4}, {2, 8}, {1, 4}, {1, 8}}) {
            r.rows = rows, r.warps = warps;
            if (r.sharedBytes() <= kSharedBytes)
                out.push_back({std::string(name()), cat(rows, "x", warps)});
        }
    }

private:
    Support read(const tactic::Query& q, Record& r, std::string& text,
                 std::vector<int>& consumed) const override {
        if (Support s = readDirectConvolution(q, r); !s.ok) return s;
        if (r.kernel.size() != 4 || r.op.groups != 1) return no("not in a plane, or with groups");
        if (r.kernel[1] > 4) return no("more than four channels");
        if (r.kernel[0] % 4 != 0) return no("maps are no multiple of 4");
        for (int64_t d : r.op.dilation)
            if (d != 1) return no("a dilated window");
        if (r.op.paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN &&
            r.op.paddingMode != PaddingMode::kEXPLICIT_ROUND_UP)
            return no("the padding depends on the input's extents");
        const DataType type = q.in(r.input).type;
        if (!isSmallReal(type) && !q.flags.tf32) return no("f32 elements without TF32");
        r.each = 32 / bits(type);
        if (r.kernel[3] > 15 || r.steps() > 24) return no("the window is large");
        r.rows = 1, r.warps = 4;
        if (r.sharedBytes() > kSharedBytes) return no("windows lie far apart");
        r.cores = std::max(1, q.device().properties().cores);
        return writeDirectConvolution(q, r, "few_channels", "THREADS", "fewChannels(p);", text,
                                      consumed);
    }

    std::string defines(const tactic::Query& q, const Record& r) const override {
        std::string text;
        auto number = [&](const char* name, int64_t v) { text += constantText(name, v); };
        number("ROWS", r.rows), number("WARPS", r.warps);
        number("CHANNELS", r.kernel[1]), number("KERNEL_Y", r.kernel[2]);
        number("KERNEL_X", r.kernel[3]), number("STRIDE_Y", r.stride(0));
        number("STRIDE_X", r.stride(1)), number("LEAD", r.lead()), number("KP", r.depthOfRow());
        number("TILES", r.tiles()), number("TILES_V", r.tilesTogether());
        number("V", 2 * r.tilesTogether());
        // Words are copied at once where each row begins with a whole one.
        auto width = [&](ir::GroupShape at) { return q.dimsAt(q.in(r.input), at)[3]; };
        const int64_t least = width(ir::GroupShape::min);
        bool words = r.each == 1 || (least == width(ir::GroupShape::max) && least % 2 == 0 &&
                                     r.stride(1) % 2 == 0);
        return cat("#include \"math.cuh\"\n#define WORDS ", words ? 1 : 0, "\n", directTypes(q, r),
                   text, "#include \"few_channels.cuh\"\n");
    }

    // In the order in which threads hold them for the tensor cores: per block of maps, step of 8
    // words of the depth, tile of 8 maps, lane: its two words.
    tactic::PackedConstant pack(const tactic::Query& q, const Record& r) const override {
        const uint8_t* from = q.constant(q.group().anchorInput(1))->data();
        int64_t tiles = r.tiles(), together = r.tilesTogether(), row = r.depthOfRow();
        int64_t channels = r.kernel[1], height = r.kernel[2], width = r.kernel[3];
        std::vector<uint8_t> out(static_cast<size_t>(r.blocksOfMaps() * r.weightBytes()), 0);
        uint8_t* to = out.data();
        const int64_t each = r.each, size = 4 / each;
        for (int64_t block = 0; block < r.blocksOfMaps(); ++block)
            for (int64_t step = 0; step < r.steps(); ++step)
                for (int64_t tile = 0; tile < tiles; ++tile)
                    for (int64_t i = 0; i < 64 * each; ++i, to += size) {
                        int64_t word = i / each, lane = word / 2, column = lane / 4;
                        int64_t k = (8 * step + 4 * (word % 2) + lane % 4) * each + i % each;
                        int64_t line = k / row, x = k % row - r.lead();
                        int64_t n = (block * tiles + tile / together * together) * 8 +
                                    column / 2 * 2 * together + tile % together * 2 + column % 2;
                        if (n >= r.kernel[0] || line >= channels * height || x < 0 || x >= width)
                            continue;
                        std::copy_n(from + ((n * channels * height + line) * width + x) * size,
                                    size, to);
                        if (each == 1) roundToTf32(to);
                    }
        return {Blob::own(std::move(out)), cat("rows of windows from ", r.lead(), " in ", row, ", ",
                                               tiles, " by ", together, " tiles of maps")};
    }
};

}  // namespace

void registerKernel_convolution_few_channels(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
