// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/body_text.h"

#include "ops/pointwise.h"
#include "tensor/convert.h"

#include <algorithm>
#include <cstring>

namespace bireme::cuda {

using ops::PointwiseFn;

// A number with all its bits, infinities and NaN included.
static std::string number(DataType type, double real, int64_t integer) {
    if (isFloat(type)) {
        auto f = static_cast<float>(real);
        uint32_t bits;
        std::memcpy(&bits, &f, sizeof bits);
        return cat("__uint_as_float(", bits, "u)");
    }
    if (type == DataType::kDOUBLE) {
        uint64_t bits;
        std::memcpy(&bits, &real, sizeof bits);
        return cat("__longlong_as_double(i64(", bits, "ull))");
    }
    return cat("i64(", static_cast<uint64_t>(integer), "ull)");
}

// Expressions for results of 16 bits; null: the one for all.
static const char* quickExpression(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::sigmoid: return "quickSigmoid(a)";
        case PointwiseFn::swish: return "a * quickSigmoid(p * a)";
        case PointwiseFn::gelu_erf: return "quickGelu(a)";
        case PointwiseFn::gelu_tanh:
            return "a * quickSigmoid(1.5957691216057308f * (a + 0.044715f * a * a * a))";
        default: return nullptr;
    }
}

bool BodyText::defineNumber(ir::ValueId v) {
    double real = 0;
    int64_t integer = 0;
    if (!splatOf(q_, v, real, integer)) return false;
    define(v, number(q_.body().value(v).desc.type, real, integer));
    return true;
}

// Parameters as the reference converts them: the limits of integers stand for infinities.
static std::string parameter(DataType type, float v) {
    int64_t integer = 0;
    convertElements(DataType::kFLOAT, &v, DataType::kINT64, &integer, 1);
    return number(isSmallReal(type) ? DataType::kFLOAT : type, v, integer);
}

Support BodyText::add(const ir::Node& node) {
    const auto* op = node.op.as<ops::Pointwise>();
    if (!op) return no(cat(node.op.name(), " is not pointwise"));
    DataType to = q_.body().value(node.outputs[0]).desc.type;
    if (!typeText(to)) return no(cat("results of type ", name(to)));
    if (op->fn == PointwiseFn::copy) {
        define(node.outputs[0], value(node.inputs[0]));
        return yes();
    }
    std::string result = cat("r", next_++);
    if (op->fn == PointwiseFn::cast) {
        // Registers have a sign.
        bool isUnsigned = q_.body().value(node.inputs[0]).desc.type == DataType::kUINT64;
        std::string from = value(node.inputs[0]);
        if (isUnsigned && isReal(to)) from = cat(registerText(to), "(u64(", from, "))");
        code_ += cat("        ", registerText(to), " ", result, " = get(put<", typeText(to), ">(",
                     from, "));\n");
        define(node.outputs[0], result);
        return yes();
    }
    size_t first = op->fn == PointwiseFn::select ? 1 : 0;
    DataType type = q_.body().value(node.inputs[first]).desc.type;
    if (!typeText(type)) return no(cat("operands of type ", name(type)));
    const char* reg = registerText(type);
    std::string arguments;
    for (size_t i = 0; i < 3; ++i)
        arguments += i < node.inputs.size() ? cat(reg, "(", value(node.inputs[i]), "), ")
                                            : cat(reg, "(0), ");
    bool quick = isSmallReal(type) && isSmallReal(to) && quickExpression(op->fn);
    std::string call = cat(quick ? "quick_" : "pw_", ops::name(op->fn), "<", reg, ">(", arguments,
                           parameter(type, op->alpha), ", ", parameter(type, op->beta), ")");
    (quick ? quick_ : used_).insert(static_cast<int32_t>(op->fn));
    if (ops::resultRule(op->fn) == ops::PointwiseResult::boolean)
        call = cat("i64(", call, " != 0)");
    else if (!isReal(to) && bits(to) < 64)
        call = cat("get(put<", typeText(to), ">(", call, "))");  // wraps as the type does
    code_ += cat("        ", registerText(to), " ", result, " = ", call, ";\n");
    define(node.outputs[0], result);
    return yes();
}

std::string BodyText::stored(ir::ValueId v) const {
    return cat("put<", typeText(q_.body().value(v).desc.type), ">(", value(v), ")");
}

std::string BodyText::functions() const {
    std::string text;
    auto add = [&](const char* kind, PointwiseFn fn, std::string_view expression) {
        text += cat("template <typename T> __device__ __forceinline__ T ", kind, ops::name(fn),
                    "(T a, T b, T c, T p, T q) { return T(", expression, "); }\n");
    };
    for (int32_t fn : used_)
        add("pw_", static_cast<PointwiseFn>(fn), ops::cudaExpression(static_cast<PointwiseFn>(fn)));
    for (int32_t fn : quick_)
        add("quick_", static_cast<PointwiseFn>(fn), quickExpression(static_cast<PointwiseFn>(fn)));
    return text;
}

std::vector<ir::ValueId> outsideOperands(const tactic::Query& q,
                                         const std::vector<ir::NodeId>& nodes, BodyText& text,
                                         std::vector<int>& consumed) {
    std::vector<ir::ValueId> out;
    for (ir::NodeId id : nodes)
        for (ir::ValueId v : q.body().node(id).inputs) {
            const ir::Node* producer = q.body().producer(v);
            if (producer || text.knows(v) || std::find(out.begin(), out.end(), v) != out.end())
                continue;
            if (text.defineNumber(v)) {
                if (int i = q.group().inputIndex(v); i >= 0) consumed.push_back(i);
                continue;
            }
            out.push_back(v);
        }
    return out;
}

}  // namespace bireme::cuda
