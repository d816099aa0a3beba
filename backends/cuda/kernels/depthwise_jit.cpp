// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, channels-last, with the whole chain behind it: bound by memory, which the
// libraries' code is far from.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/pack.h"
#include "backends/cuda/support/vector_epilogue.h"
#include "backends/cuda/support/walk.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As Shape of depthwise.cuh, between the pointers.
struct Shape {
    FastDiv groups, columns, rows;
    uint32_t count = 0;
    int32_t height = 1, width = 1, channels = 1, outHeight = 1, outWidth = 1, top = 0, left = 0;
};
struct Parameters {
    const void* input = nullptr;
    const void* weights = nullptr;
    void* output = nullptr;
    const void* operands[kVectorOperands] = {};
    Shape shape;
};

struct Tile {
    int vector = 1, columns = 1, rows = 1;
};

// A line of pixels is a plane one pixel high.
std::vector<int64_t> planar(std::vector<int64_t> dims) {
    if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
    return dims;
}

struct Record {
    ops::Convolution op;
    std::vector<int64_t> kernel;
    int input = 0;
    std::vector<int> operands;  // body inputs that the chain reads
    Tile tile;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, kernel);
        putInts(out, operands);
        putInts<int64_t>(out, {input, tile.vector, tile.columns, tile.rows});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        r.kernel = getInts(in);
        for (int64_t i : getInts(in)) r.operands.push_back(static_cast<int>(i));
        auto v = getInts(in);
        if (v.size() != 4 || r.kernel.size() < 3 || r.operands.size() > kVectorOperands ||
            v[1] < 1 || v[2] < 1 || v[3] < 1)
            in.corrupt("a depthwise convolution's record");
        r.input = static_cast<int>(v[0]);
        r.tile = {static_cast<int>(v[1]), static_cast<int>(v[2]), static_cast<int>(v[3])};
        return r;
    }

    std::vector<ops::WindowAxis> axes(const std::vector<int64_t>& x) const {
        return ops::convolutionAxes(ops::WindowAttributes::of(op), ops::spatialDims(toDims(x)),
                                    ops::spatialDims(toDims(kernel)));
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        auto x = planar(s.inputs[static_cast<size_t>(input)].dims), y = planar(s.outputs[0].dims);
        ops::WindowGrid g(axes(s.inputs[static_cast<size_t>(input)].dims));
        Parameters p;
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        p.shape.height = i32(x[2]), p.shape.width = i32(x[3]), p.shape.channels = i32(x[1]);
        p.shape.outHeight = i32(y[2]), p.shape.outWidth = i32(y[3]);
        p.shape.top = i32(g.before[1]), p.shape.left = i32(g.before[2]);
        int64_t groups = x[1] / tile.vector, columns = divideUp(y[3], tile.columns),
                rows = divideUp(y[2], tile.rows);
        int64_t count = groups * columns * rows * x[0];
        Grid grid;
        grid.threads = 128;
        grid.x = divideUp(count, 128);
        if (count > 0) {
            p.shape.count = static_cast<uint32_t>(count);
            p.shape.groups = fastDiv(groups), p.shape.columns = fastDiv(columns);
            p.shape.rows = fastDiv(rows);
        }
        auto place = [x = input, operands = operands](Parameters& to, const device::Launch& l) {
            to.input = l.inputs[x];
            to.weights = l.constants[0];
            to.output = l.outputs[0];
            for (size_t i = 0; i < operands.size(); ++i) to.operands[i] = l.inputs[operands[i]];
        };
        return launchBound(code.function("depthwise_convolution"), grid, p, place,
                           cat(tile.vector, " channels, ", tile.columns, "x", tile.rows));
    }
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.depthwise.jit"; }

    Support supports(const tactic::Query& q) const override {
        Record r;
        std::string text;
        std::vector<int> consumed;
        return read(q, r, text, consumed);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        int64_t channels = staticValues(q.in(q.group().anchorInput(1)).dims)[0];
        int widest = bits(q.in(q.group().anchorInput(0)).type) == 16 ? 8 : 4;
        for (int vector = widest; vector >= 1; vector /= 2) {
            if (channels % vector != 0) continue;
            for (Tile t : {Tile{vector, 4, 1}, Tile{vector, 2, 2}, Tile{vector, 1, 1},
                           Tile{vector, 4, 2}, Tile{vector, 2, 1}})
                if (out.size() < 12)
                    out.push_back(
                        {std::string(name()), cat(t.vector, "x", t.columns, "x", t.rows)});
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        std::string text;
        tactic::Created made;
        if (Support s = read(q, r, text, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (std::sscanf(t.parameters.c_str(), "%dx%dx%d", &r.tile.vector, &r.tile.columns,
                        &r.tile.rows) != 3)
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        Code code(q.device(),
                  compile({"depthwise convolution", defines(q, r) + text, {}}, architectureOf(q)));
        int w = q.group().anchorInput(1);
        auto plain = r.kernel;  // [1, C, window]: one map whose channels are all channels
        std::swap(plain[0], plain[1]);
        made.constants.push_back(
            {Blob::own(packChannelsLast(q.constant(w)->data(),
                                        static_cast<size_t>(bits(q.in(w).type)) / 8, plain, 0)),
             channelsLastLayout(q.in(w).type, plain, 0)});
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
        if (!op) return no("the anchor is not a convolution");
        if (q.outputs() != 1) return no("more than one output");
        if (q.group().hasPrologue()) return no("nodes stand before the convolution");
        r.op = *op;
        r.input = q.group().anchorInput(0);
        int w = q.group().anchorInput(1);
        if (r.input < 0 || w < 0 || !q.constant(w)) return no("the kernel is not constant");
        if (!allStatic(q.in(w).dims)) return no("the kernel has unknown extents");
        r.kernel = staticValues(q.in(w).dims);
        if (r.kernel.size() < 3 || r.kernel.size() > 4) return no("neither a line nor a plane");
        if (op->groups < 2 || r.kernel[0] != op->groups || r.kernel[1] != 1)
            return no("not a depthwise convolution");
        if (product(r.kernel) / r.kernel[0] > 121) return no("the window is too large");
        DataType t = q.in(r.input).type;
        if (!isFloat(t) || q.in(w).type != t || !isFloat(q.out(0).type))
            return no("operands are not f32, f16 or bf16 alike");
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
                   "extern \"C\" __global__ void __launch_bounds__(128) depthwise_convolution("
                   "const __grid_constant__ Parameters p) { awaitPrevious(), depthwise(p); }\n");
        return yes();
    }

    static std::string defines(const tactic::Query& q, const Record& r) {
        auto kernel = planar(r.kernel);
        auto at = [&](const std::vector<int64_t>& v, size_t axis) {
            size_t missing = 4 - r.kernel.size();  // the height of a line
            if (axis < missing || v.empty()) return int64_t{1};
            return v[axis - missing];
        };
        std::string text;
        auto number = [&](const char* name, int64_t v) {
            text += cat("const int ", name, " = ", v, ";\n");
        };
        number("V", r.tile.vector), number("COLUMNS", r.tile.columns), number("ROWS", r.tile.rows);
        number("KERNEL_Y", kernel[2]), number("KERNEL_X", kernel[3]);
        number("STRIDE_Y", at(r.op.stride, 0)), number("STRIDE_X", at(r.op.stride, 1));
        number("DILATION_Y", at(r.op.dilation, 0)), number("DILATION_X", at(r.op.dilation, 1));
        // finish() is found when depthwise() is instantiated, behind both.
        return cat("#include \"math.cuh\"\ntypedef ", typeText(q.in(r.input).type), " T;\ntypedef ",
                   typeText(q.out(0).type), " TY;\n", text, "#include \"depthwise.cuh\"\n");
    }
};

}  // namespace

void registerKernel_depthwise_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
