// SPDX-License-Identifier: Apache-2.0
// Any group of pointwise nodes as one kernel: every operand broadcast, one pass over memory.
#include "backends/cuda/jit/compiler.h"
#include "backends/cuda/jit/module.h"
#include "backends/cuda/support/body_text.h"
#include "backends/cuda/support/record.h"
#include "backends/cuda/support/walk.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int kOperands = 16;

// What the kernel reads: its results first, then its operands.
struct Parameters {
    const void* pointers[kOperands] = {};
    Loops<kOperands> loops;
};

class PointwiseBound final : public device::Bound {
public:
    PointwiseBound(const Code& code, const std::vector<int>& inputs, int vector,
                   const Shapes& shapes)
        : inputs_(inputs), outputs_(static_cast<int>(shapes.outputs.size())) {
        const auto& dims = shapes.outputs[0].dims;
        std::vector<std::vector<int64_t>> steps;
        std::vector<DataType> types;
        auto add = [&](const device::TensorShape& x) {
            steps.push_back(broadcastSteps(x.dims, x.format, dims));
            types.push_back(x.type);
            offsets_.push_back(x.format.offset * bits(x.type) / 8);
        };
        for (const auto& o : shapes.outputs) add(o);
        for (int i : inputs) add(shapes.inputs[static_cast<size_t>(i)]);
        Walk walk = collapse(dims, steps, 0);
        width_ = static_cast<int>(vectorWidth(walk, vector));
        // One function for the widest vectors, one for single elements.
        if (width_ != vector) width_ = 1;
        if (!fillLoops(walk, width_, wide_.loops) || !fillLoops(walk, 1, narrow_.loops))
            failInvalid("a pointwise kernel has too many loops or operands");
        for (size_t k = 0; k < types.size(); ++k) {
            size_t bytes = static_cast<size_t>(bits(types[k]) / 8) * static_cast<size_t>(width_);
            alignment_.push_back(wide_.loops.inner[k] ? std::min<size_t>(bytes, 16) : 1);
        }
        wideFunction_ = code.function(width_ > 1 ? "pointwise_wide" : "pointwise_single");
        narrowFunction_ = code.function("pointwise_single");
        blocks_ = static_cast<uint32_t>(code.device().multiprocessors()) * 16;
    }

    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (wide_.loops.count == 0) return Status::success();
        bool aligned = true;
        int k = 0;
        auto take = [&](const void* p) {
            auto i = static_cast<size_t>(k);
            wide_.pointers[k] = static_cast<const char*>(p) + offsets_[i];
            aligned =
                aligned && reinterpret_cast<uintptr_t>(wide_.pointers[k]) % alignment_[i] == 0;
            ++k;
        };
        for (int o = 0; o < outputs_; ++o) take(l.outputs[o]);
        for (int i : inputs_) take(l.inputs[i]);
        Parameters* p = &wide_;
        if (!aligned) {
            std::copy(std::begin(wide_.pointers), std::end(wide_.pointers), narrow_.pointers);
            p = &narrow_;
        }
        Grid grid;
        grid.threads = 128;
        grid.x = std::min((p->loops.count + grid.threads - 1) / grid.threads, blocks_);
        return launch(stream, aligned ? wideFunction_ : narrowFunction_, grid, p);
    }
    std::string implementation() const override { return cat("vectors of ", width_); }

private:
    std::vector<int> inputs_;
    int outputs_ = 1, width_ = 1;
    std::vector<size_t> alignment_;
    std::vector<int64_t> offsets_;
    Parameters wide_, narrow_;
    CUfunction wideFunction_ = nullptr, narrowFunction_ = nullptr;
    uint32_t blocks_ = 1;
};

class PointwiseKernel final : public device::Kernel {
public:
    PointwiseKernel(Code code, std::vector<int> inputs, int vector)
        : code_(std::move(code)), inputs_(std::move(inputs)), vector_(vector) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        requireSizes(shapes);
        return std::make_unique<PointwiseBound>(code_, inputs_, vector_, shapes);
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        putInts(out, inputs_);
        putInt(out, vector_);
    }

private:
    Code code_;
    std::vector<int> inputs_;  // body inputs that are read
    int vector_;
};

struct Text {
    std::string source;
    std::vector<int> inputs, consumed;
    int vector = 4;
};

Support write(const tactic::Query& q, Text& out) {
    if (!q.group().isPointwise()) return no("the group has nodes that are not pointwise");
    if (Support s = operandsFit(q); !s.ok) return s;
    for (int i = 1; i < q.outputs(); ++i)
        if (!(q.out(i).dims == q.out(0).dims)) return no("outputs have different dimensions");
    BodyText body(q);
    std::vector<ir::NodeId> order = q.body().order();
    std::vector<ir::ValueId> operands = outsideOperands(q, order, body, out.consumed);
    if (operands.size() + static_cast<size_t>(q.outputs()) > kOperands)
        return no("too many operands for one kernel");
    std::string loads, stores;
    int k = q.outputs(), widest = 1;
    for (int i = 0; i < q.outputs(); ++i) widest = std::max(widest, bits(q.out(i).type) / 8);
    for (ir::ValueId v : operands) {
        int input = q.group().inputIndex(v);
        if (input < 0) return no("a constant tensor lies inside the body");
        out.inputs.push_back(input);
        const char* type = typeText(q.body().value(v).desc.type);
        widest = std::max(widest, bits(q.body().value(v).desc.type) / 8);
        loads += cat("        auto x", k, " = load<", type, ", V>((const ", type, "*)p.pointers[",
                     k, "] + at[", k, "], p.loops.inner[", k, "]);\n");
        body.define(v, cat("get(x", k, ".v[v])"));
        ++k;
    }
    for (ir::NodeId id : order)
        if (Support s = body.add(q.body().node(id)); !s.ok) return s;
    std::string results;
    for (int o = 0; o < q.outputs(); ++o) {
        const char* type = typeText(q.out(o).type);
        ir::ValueId v = q.body().outputs()[static_cast<size_t>(o)];
        loads += cat("        Vec<", type, ", V> y", o, ";\n");
        results += cat("        y", o, ".v[v] = ", body.stored(v), ";\n");
        stores += cat("        *(Vec<", type, ", V>*)((", type, "*)p.pointers[", o, "] + at[", o,
                      "]) = y", o, ";\n");
    }
    out.vector = widest <= 2 ? 8 : 4;
    out.source =
        cat("#include \"math.cuh\"\n#include \"walk.cuh\"\n", body.functions(),
            "struct Parameters { void* pointers[", kOperands, "]; Loops<", kOperands,
            "> loops; };\n"
            "template <int V> __device__ __forceinline__ void run(const Parameters& p) {\n"
            "    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.loops.count;\n"
            "         n += gridDim.x * blockDim.x) {\n        i32 at[",
            k, "];\n        locate(p.loops, n, at);\n", loads,
            "#pragma unroll\n        for (int v = 0; v < V; ++v) {\n", body.code(), results,
            "        }\n", stores,
            "    }\n}\n"
            "extern \"C\" __global__ void pointwise_wide(const __grid_constant__ Parameters p) { "
            "awaitPrevious(), run<",
            out.vector,
            ">(p); }\n"
            "extern \"C\" __global__ void pointwise_single(const __grid_constant__ Parameters p) { "
            "awaitPrevious(), run<1>(p); }\n");
    return yes();
}

class PointwiseFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.pointwise.jit"; }

    Support supports(const tactic::Query& q) const override {
        Text text;
        return write(q, text);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        int rank = q.out(0).rank(), writable = overwritable(q);
        auto add = [&](tactic::Combination c) {
            c.acceptsViews = true;
            if (writable >= 0 &&
                c.inputs[static_cast<size_t>(writable)].format == c.outputs[0].format)
                c.overwrites = writable;
            out.push_back(std::move(c));
        };
        add(combination(q));
        if (rank < 3) return;
        add(channelsLastCombination(q));
        // A single operand may change its layout on the way.
        if (q.inputs() != 1 || q.outputs() != 1 || q.in(0).rank() != rank) return;
        for (bool last : {false, true}) {
            tactic::Combination c = combination(q);
            (last ? c.outputs : c.inputs)[0].format = Format::channelsLast(rank);
            add(std::move(c));
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        Text text;
        if (Support s = write(q, text); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        Code code(q.device(), compile({"pointwise", text.source, {}}, architectureOf(q)));
        return {std::make_unique<PointwiseKernel>(std::move(code), text.inputs, text.vector),
                {},
                text.consumed};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        auto list = getInts(in);
        std::vector<int> inputs(list.begin(), list.end());
        return std::make_unique<PointwiseKernel>(std::move(code), std::move(inputs),
                                                 static_cast<int>(getInt(in)));
    }

private:
    // An operand whose elements are each read just before the output's own element is written.
    static int overwritable(const tactic::Query& q) {
        if (q.outputs() != 1) return -1;
        for (int i = 0; i < q.inputs(); ++i)
            if (!q.constant(i) && q.in(i).type == q.out(0).type && q.in(i).dims == q.out(0).dims)
                return i;
        return -1;
    }
};

}  // namespace

void registerKernel_pointwise_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PointwiseFactory>());
}

}  // namespace bireme::cuda
