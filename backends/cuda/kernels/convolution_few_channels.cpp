// SPDX-License-Identifier: Apache-2.0
// The first convolution of a network: up to four channels, read as an image lies in memory, without
// a copy that pads them, and the whole chain behind it. The libraries reach a fifth of what memory
// allows here.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/vector_epilogue.h"
#include "backends/cuda/support/walk.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kSharedBytes = 98 * 1024;

// As Shape of few_channels.cuh.
struct Shape {
    FastDiv columns, rows;
    uint32_t tiles = 0;
    int32_t height = 1, width = 1, outHeight = 1, outWidth = 1, top = 0, left = 0, maps = 1;
};
struct Parameters {
    const void* input = nullptr;
    const void* weights = nullptr;
    void* output = nullptr;
    const void* operands[kVectorOperands] = {};
    Shape shape;
};

int64_t lastOr(const std::vector<int64_t>& v, size_t axis, int64_t otherwise) {
    return v.empty() ? otherwise : v[axis];
}

struct Record {
    ops::Convolution op;
    std::vector<int64_t> kernel;
    int input = 0, cores = 1;
    std::vector<int> operands;  // body inputs that the chain reads
    int rows = 2, warps = 4;    // rows of results of a warp, warps of a block

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, kernel);
        putInts(out, operands);
        putInts<int64_t>(out, {input, cores, rows, warps});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        r.kernel = getInts(in);
        for (int64_t i : getInts(in)) r.operands.push_back(static_cast<int>(i));
        auto v = getInts(in);
        if (v.size() != 4 || r.kernel.size() != 4 || r.operands.size() > kVectorOperands ||
            std::any_of(r.kernel.begin(), r.kernel.end(), [](int64_t d) { return d < 1; }) ||
            v[1] < 1 || v[2] < 1 || v[3] < 1 || v[2] > 16 || v[3] > 32)
            in.corrupt("a first convolution's record");
        r.input = static_cast<int>(v[0]), r.cores = static_cast<int>(v[1]);
        r.rows = static_cast<int>(v[2]), r.warps = static_cast<int>(v[3]);
        return r;
    }

    int64_t stride(size_t axis) const { return lastOr(op.stride, axis, 1); }
    // A row of a window begins at an even element of an image's row.
    int64_t lead() const { return lastOr(op.prePadding, 1, 0) % 2; }
    int64_t depthOfRow() const {
        int64_t width = kernel[3] + lead();
        return width <= 4 ? 4 : width <= 8 ? 8 : 16;
    }
    int64_t steps() const { return (kernel[1] * kernel[2] * depthOfRow() + 15) / 16; }
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
        int64_t words = (15 * stride(1) + depthOfRow() + 2) / 2;
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
        int64_t columns = divideUp(y[3], 16), lines = divideUp(y[2], warps * rows);
        int64_t all = product(y) == 0 ? 0 : columns * lines * x[0];
        Grid grid;
        grid.threads = static_cast<unsigned>(warps * 32);
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        grid.y = static_cast<unsigned>(blocksOfMaps());
        // As many blocks as run at once: each copies the weights but once.
        int64_t atOnce =
            std::clamp<int64_t>(200 * 1024 / sharedBytes(), 1, std::max(1, 32 / (warps * rows)));
        grid.x = static_cast<unsigned>(std::min(all, cores * atOnce));
        if (all > 0) {
            p.shape.tiles = static_cast<uint32_t>(all);
            p.shape.columns = fastDiv(columns), p.shape.rows = fastDiv(lines);
        }
        auto place = [x = input, operands = operands](Parameters& to, const device::Launch& l) {
            to.input = l.inputs[x];
            to.weights = l.constants[0];
            to.output = l.outputs[0];
            for (size_t i = 0; i < operands.size(); ++i) to.operands[i] = l.inputs[operands[i]];
        };
        return launchBound(code.function("few_channels", grid.sharedBytes), grid, p, place,
                           cat(warps * rows, " x 16 results"));
    }
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.convolution.few_channels"; }

    Support supports(const tactic::Query& q) const override {
        Record r;
        std::string text;
        std::vector<int> consumed;
        return read(q, r, text, consumed);
    }

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

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        std::string text;
        tactic::Created made;
        if (Support s = read(q, r, text, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (std::sscanf(t.parameters.c_str(), "%dx%d", &r.rows, &r.warps) != 2)
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        Code code(q.device(),
                  compile({"first convolution", defines(q, r) + text, {}}, architectureOf(q)));
        int w = q.group().anchorInput(1);
        made.constants.push_back(pack(r, q.constant(w)->data()));
        made.consumed.push_back(w);
        made.kernel = std::make_unique<JitKernel<Record>>(std::move(code), std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }

private:
    static Support readAnchor(const tactic::Query& q, Record& r) {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op || q.outputs() != 1) return no("the anchor is not a convolution");
        if (q.group().hasPrologue()) return no("nodes stand before the convolution");
        r.op = *op;
        r.input = q.group().anchorInput(0);
        int w = q.group().anchorInput(1);
        if (r.input < 0 || w < 0 || !q.constant(w)) return no("the kernel is not constant");
        if (!allStatic(q.in(w).dims)) return no("the kernel has unknown extents");
        r.kernel = staticValues(q.in(w).dims);
        if (r.kernel.size() != 4 || op->groups != 1) return no("not in a plane, or with groups");
        if (*std::min_element(r.kernel.begin(), r.kernel.end()) < 1) return no("an empty kernel");
        if (r.kernel[1] > 4) return no("more than four channels");
        if (r.kernel[0] % 4 != 0) return no("maps are no multiple of 4");
        for (int64_t d : op->dilation)
            if (d != 1) return no("a dilated window");
        if (op->paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN &&
            op->paddingMode != PaddingMode::kEXPLICIT_ROUND_UP)
            return no("the padding depends on the input's extents");
        if (r.kernel[3] > 15 || r.steps() > 20) return no("the window is large");
        r.rows = 1, r.warps = 4;
        if (r.sharedBytes() > kSharedBytes) return no("windows lie far apart");
        DataType t = q.in(r.input).type;
        if (!isSmallReal(t) || q.in(w).type != t) return no("operands are not f16 or bf16 alike");
        r.cores = std::max(1, q.device().properties().cores);
        return operandsFit(q);
    }

    // Everything but the tile, which defines() adds.
    static Support read(const tactic::Query& q, Record& r, std::string& text,
                        std::vector<int>& consumed) {
        if (Support s = readAnchor(q, r); !s.ok) return s;
        VectorEpilogue epilogue;
        if (Support s = writeVectorEpilogue(q, 1, epilogue, consumed); !s.ok) return s;
        r.operands = epilogue.inputs;
        text = cat(epilogue.functions,
                   "struct Parameters { const void *input, *weights; void* output; "
                   "const void* operands[",
                   kVectorOperands, "]; Shape shape; };\n", epilogue.finish,
                   "extern \"C\" __global__ void __launch_bounds__(THREADS) few_channels("
                   "const __grid_constant__ Parameters p) { fewChannels(p); }\n");
        return yes();
    }

    static std::string defines(const tactic::Query& q, const Record& r) {
        const Dim& width = q.in(r.input).dims[3];
        std::string text;
        auto number = [&](const char* name, int64_t v) {
            text += cat("const int ", name, " = ", v, ";\n");
        };
        number("ROWS", r.rows), number("WARPS", r.warps);
        number("CHANNELS", r.kernel[1]), number("KERNEL_Y", r.kernel[2]);
        number("KERNEL_X", r.kernel[3]), number("STRIDE_Y", r.stride(0));
        number("STRIDE_X", r.stride(1)), number("LEAD", r.lead()), number("KP", r.depthOfRow());
        number("TILES", r.tiles()), number("TILES_V", r.tilesTogether());
        number("V", 2 * r.tilesTogether());
        // Two neighbours are copied at once where each row begins at an even place.
        bool pairs = width.isStatic() && width.value() % 2 == 0 && r.stride(1) % 2 == 0;
        return cat("#include \"math.cuh\"\n#define PAIRS ", pairs ? 1 : 0, "\ntypedef ",
                   typeText(q.in(r.input).type), " T;\ntypedef ", typeText(q.out(0).type), " TY;\n",
                   text, "#include \"few_channels.cuh\"\n");
    }

    // In the order in which threads hold them for the tensor cores: per block of maps, step of 16
    // of the depth, tile of 8 maps, lane: its two pairs.
    static tactic::PackedConstant pack(const Record& r, const uint8_t* from) {
        int64_t tiles = r.tiles(), together = r.tilesTogether(), row = r.depthOfRow();
        int64_t channels = r.kernel[1], height = r.kernel[2], width = r.kernel[3];
        std::vector<uint8_t> out(static_cast<size_t>(r.blocksOfMaps() * r.weightBytes()), 0);
        uint8_t* to = out.data();
        for (int64_t block = 0; block < r.blocksOfMaps(); ++block)
            for (int64_t step = 0; step < r.steps(); ++step)
                for (int64_t tile = 0; tile < tiles; ++tile)
                    for (int64_t i = 0; i < 128; ++i, to += 2) {
                        int64_t lane = i / 4, pair = i / 2 % 2, column = lane / 4;
                        int64_t k = 16 * step + 8 * pair + lane % 4 * 2 + i % 2;
                        int64_t line = k / row, x = k % row - r.lead();
                        int64_t n = (block * tiles + tile / together * together) * 8 +
                                    column / 2 * 2 * together + tile % together * 2 + column % 2;
                        if (n >= r.kernel[0] || line >= channels * height || x < 0 || x >= width)
                            continue;
                        std::copy_n(from + ((n * channels * height + line) * width + x) * 2, 2, to);
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
