// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/vector_epilogue.h"

namespace bireme::cuda {

// Where an operand of the chain has the values of one result.
static const char* addressOf(const DimVector& dims, const DimVector& y, size_t columns) {
    if (dims.size() > y.size()) return nullptr;
    DimVector d(y.size() - dims.size(), Dim(1));
    d.insert(d.end(), dims.begin(), dims.end());
    if (d == y) return "at";
    for (size_t i = 1; i < d.size(); ++i)
        if (i != columns && !d[i].is(1)) return nullptr;
    if (!(d[columns] == y[columns])) return nullptr;
    if (columns == 0 || d[0].is(1)) return "channel";
    return columns == 1 && d[0] == y[0] ? "imageChannel" : nullptr;
}

namespace {

class Writer {
public:
    Writer(const tactic::Query& q, size_t columns, VectorEpilogue& out)
        : q_(q), columns_(columns), out_(out) {}

    // The operand as a number in the function; fails with a reason.
    Support operand(ir::ValueId v, const char* at, std::string& text) {
        int input = q_.group().inputIndex(v);
        if (input < 0) return no("a constant tensor lies inside the body");
        if (!isFloat(q_.in(input).type)) return no("an operand of the chain is not real");
        size_t k = out_.inputs.size();
        if (k == kVectorOperands) return no("too many operands");
        if (!at) at = addressOf(q_.in(input).dims, q_.out(0).dims, columns_);
        if (!at) return no("an operand of the chain broadcasts along rows");
        bool whole = std::string(at) == "at";
        bool innermost = columns_ + 1 == q_.out(0).dims.size();
        if (q_.constant(input) && whole && !innermost)
            return no("a constant of the result's size lies row by row");
        if (whole && !q_.constant(input) && q_.in(input).type == q_.out(0).type)
            out_.residual = input;
        const char* type = typeText(q_.in(input).type);
        vectors += cat("    Vec<", type, ", V> x", k, ";\n");
        (std::string(at) == "channel" ? columnLoads : rowLoads) +=
            cat("        x", k, " = *(const Vec<", type, ", V>*)((const ", type, "*)p.operands[", k,
                "] + ", at, ");\n");
        out_.inputs.push_back(input);
        text = cat("get(o.x", k, ".v[v])");
        return yes();
    }
    std::string vectors, columnLoads, rowLoads;

private:
    const tactic::Query& q_;
    size_t columns_;
    VectorEpilogue& out_;
};

}  // namespace

std::string chainParametersText(const char* matrix) {
    return cat("struct Parameters { ", matrix, " input; ", matrix,
               " weights; void* output; const void* operands[", kVectorOperands,
               "]; Shape shape; };\n");
}

Support writeVectorEpilogue(const tactic::Query& q, size_t columns, VectorEpilogue& out,
                            std::vector<int>& consumed) {
    if (q.outputs() != 1) return no("more than one output");
    if (q.group().hasPrologue()) return no("nodes stand before the anchor");
    if (!isFloat(q.out(0).type)) return no("results are not f32, f16 or bf16");
    const ir::Node& anchor = *q.group().anchor();
    BodyText body(q);
    body.define(anchor.outputs[0], "a");
    std::vector<ir::NodeId> chain;
    for (ir::NodeId n : q.body().order())
        if (n != anchor.id) chain.push_back(n);
    Writer writer(q, columns, out);
    std::string sum = "sum[v]";
    if (anchor.inputs.size() > 2 && anchor.inputs[2] != ir::kNoValue) {
        std::string bias;
        if (Support s = writer.operand(anchor.inputs[2], "channel", bias); !s.ok) return s;
        sum += " + " + bias;
    }
    for (ir::ValueId v : outsideOperands(q, chain, body, consumed)) {
        std::string text;
        if (Support s = writer.operand(v, nullptr, text); !s.ok) return s;
        body.define(v, text);
    }
    for (ir::NodeId n : chain)
        if (Support s = body.add(q.body().node(n)); !s.ok) return s;
    out.functions = body.functions();
    out.finish = cat(
        "struct Operands {\n", writer.vectors,
        "    __device__ __forceinline__ void fetchColumn(const Parameters& p, u32 channel) {\n",
        writer.columnLoads,
        "    }\n    __device__ __forceinline__ void fetchRow(const Parameters& p, i64 at, i64 "
        "imageChannel) {\n",
        writer.rowLoads,
        "    }\n    __device__ __forceinline__ void fetch(const Parameters& p, i64 at, i64 "
        "imageChannel, u32 channel) {\n        fetchColumn(p, channel);\n        fetchRow(p, at, "
        "imageChannel);\n    }\n};\n__device__ __forceinline__ Vec<TY, V> finished(const float* "
        "sum, "
        "const Operands& o) {\n    Vec<TY, V> y;\n#pragma unroll\n    for (int v = 0; v < V; ++v) "
        "{\n"
        "        float a = ",
        sum, ";\n", body.code(), "        y.v[v] = ", body.stored(q.body().outputs()[0]),
        ";\n    }\n    return y;\n}\n__device__ __forceinline__ void finish(const Parameters& p, "
        "const float* sum, const Operands& o, i64 at) {\n    *(Vec<TY, V>*)((TY*)p.output + at) = "
        "finished(sum, o);\n}\n",
        "__device__ __forceinline__ void finish(const Parameters& p, const float* sum, i64 at, i64 "
        "imageChannel, u32 channel) {\n    Operands o;\n    o.fetch(p, at, imageChannel, "
        "channel);\n    finish(p, sum, o, at);\n}\n");
    return yes();
}

}  // namespace bireme::cuda
