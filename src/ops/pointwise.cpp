// SPDX-License-Identifier: Apache-2.0
#include "ops/pointwise.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/pointwise_table.h"
#include "ops/support/symbolic_elements.h"
#include "tensor/convert.h"

namespace bireme::ops {

namespace {

enum class Operands : uint8_t { real, number, boolean, integer, any };

// What the operands may be; the first one of select, always bool, apart.
Operands operandsOf(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::logical_not:
        case PointwiseFn::logical_and:
        case PointwiseFn::logical_or:
        case PointwiseFn::logical_xor: return Operands::boolean;
        case PointwiseFn::bitwise_not:
        case PointwiseFn::bitwise_and:
        case PointwiseFn::bitwise_or:
        case PointwiseFn::bitwise_xor: return Operands::integer;
        case PointwiseFn::cast:
        case PointwiseFn::copy:
        case PointwiseFn::equal:
        case PointwiseFn::select: return Operands::any;
        case PointwiseFn::abs:
        case PointwiseFn::neg:
        case PointwiseFn::sign:
        case PointwiseFn::ceil:
        case PointwiseFn::floor:
        case PointwiseFn::round:
        case PointwiseFn::relu:
        case PointwiseFn::clip:
        case PointwiseFn::prelu: return Operands::number;
        default: return arity(fn) == 1 ? Operands::real : Operands::number;
    }
}

void checkType(const Pointwise& op, ir::InferContext& c, int i) {
    DataType t = c.in(i).type;
    Operands want = operandsOf(op.fn);
    bool ok = want == Operands::any || (want == Operands::boolean && t == DataType::kBOOL) ||
              (want != Operands::integer && want != Operands::boolean && isReal(t)) ||
              ((want == Operands::number || want == Operands::integer) && isInteger(t));
    static const char* const kinds[] = {"real numbers", "numbers", "bool", "integers", ""};
    c.require(ok, name(op.fn), " takes ", kinds[static_cast<int>(want)], ", operand ", i, " is ",
              bireme::name(t));
}

bool isShapeType(DataType t) {
    return t == DataType::kINT32 || t == DataType::kINT64 || t == DataType::kBOOL;
}

// Elements of a small integer result, as expressions of those of the operands.
void inferElements(const Pointwise& op, ir::InferContext& c) {
    int n = arity(op.fn);
    const DimVector* known[3] = {};
    std::vector<int64_t> strides[3];
    if (!isShapeType(c.out(0).type) || !allStatic(c.out(0).dims)) return;
    auto dims = staticValues(c.out(0).dims);
    int64_t count = ir::elementCount(dims);
    if (count > static_cast<int64_t>(ir::InferContext::kMaxKnown)) return;
    for (int i = 0; i < n; ++i) {
        known[i] = c.known(i);
        if (!known[i] || !isShapeType(c.in(i).type) || !allStatic(c.in(i).dims)) return;
        strides[i] = ir::broadcastStrides(staticValues(c.in(i).dims), dims);
    }
    DimVector out;
    std::vector<int64_t> index(dims.size(), 0);
    for (int64_t e = 0; e < count; ++e, ir::nextIndex(index, dims)) {
        Dim operands[3];
        for (int i = 0; i < n; ++i) {
            int64_t at = 0;
            for (size_t d = 0; d < dims.size(); ++d) at += index[d] * strides[i][d];
            operands[i] = (*known[i])[static_cast<size_t>(at)];
        }
        auto result = applyToDims(op, operands[0], operands[1], operands[2]);
        if (!result) return;
        out.push_back(*result);
    }
    c.setKnown(0, std::move(out));
}

// A parameter in T; the limits of integers stand for infinities.
template <typename T>
T parameter(float v) {
    float source[] = {v};
    T target[1];
    convertElements(DataType::kFLOAT, source, ir::dataTypeOf<T>(), target, 1);
    return target[0];
}

// y[k] = fn(operands) over the output's dims, the operands walked by strides.
template <typename T, typename Out>
void loop(ScalarFunction<T> fn, const T* const* in, const std::vector<int64_t>* strides,
          const std::vector<int64_t>& dims, T alpha, T beta, Out* y) {
    int64_t count = ir::elementCount(dims);
    int64_t inner = dims.empty() ? 1 : dims.back();
    int64_t step[3] = {};
    for (int i = 0; i < 3; ++i)
        if (!dims.empty()) step[i] = strides[i].back();
    std::vector<int64_t> outer(dims.begin(), dims.empty() ? dims.end() : dims.end() - 1),
        index(outer.size(), 0);
    for (int64_t done = 0; done < count; done += inner, ir::nextIndex(index, outer)) {
        const T* p[3];
        for (int i = 0; i < 3; ++i) {
            p[i] = in[i];
            for (size_t d = 0; d < outer.size(); ++d) p[i] += index[d] * strides[i][d];
        }
        for (int64_t k = 0; k < inner; ++k)
            y[done + k] = static_cast<Out>(
                fn(p[0][k * step[0]], p[1][k * step[1]], p[2][k * step[2]], alpha, beta));
    }
}

}  // namespace

static void infer(const Pointwise& op, ir::InferContext& c) {
    int n = arity(op.fn);
    c.require(c.inputs() == n, name(op.fn), " takes ", n, n == 1 ? " operand" : " operands",
              ", got ", c.inputs());
    int first = op.fn == PointwiseFn::select ? 1 : 0;
    if (first == 1) c.requireType(0, DataType::kBOOL);
    DimVector dims = c.in(0).dims;
    for (int i = first; i < n; ++i) {
        checkType(op, c, i);
        c.require(c.in(i).type == c.in(first).type, "operands ", first, " and ", i, " of ",
                  name(op.fn), " have different types, ", bireme::name(c.in(first).type), " and ",
                  bireme::name(c.in(i).type));
    }
    for (int i = 1; i < n; ++i) dims = c.broadcastDims(dims, c.in(i).dims);
    PointwiseResult rule = resultRule(op.fn);
    c.out(0).type = rule == PointwiseResult::boolean  ? DataType::kBOOL
                    : rule == PointwiseResult::target ? op.to
                                                      : c.in(first).type;
    c.require(isKnown(c.out(0).type), "cast to an unknown data type");
    c.out(0).dims = std::move(dims);
    inferElements(op, c);
}

static void eval(const Pointwise& op, ir::EvalContext& c) {
    if (op.fn == PointwiseFn::cast || op.fn == PointwiseFn::copy) {
        convertElements(c.type(0), c.data(0), c.outType(0), c.outData(0), c.count(0),
                        op.saturate ? Overflow::saturate : Overflow::discard);
        return;
    }
    int n = arity(op.fn);
    DataType type = c.type(op.fn == PointwiseFn::select ? 1 : 0);
    ir::EvalContext::compute(type, [&](auto t) {
        using T = decltype(t);
        const T zero(0);
        const T* in[3] = {&zero, &zero, &zero};
        std::vector<int64_t> strides[3];
        for (int i = 0; i < 3; ++i) {
            if (i < n) in[i] = c.read<T>(i).data();
            strides[i] =
                ir::broadcastStrides(i < n ? c.dims(i) : std::vector<int64_t>{}, c.outDims(0));
        }
        auto fn = scalarFunction<T>(op.fn);
        T alpha = parameter<T>(op.alpha), beta = parameter<T>(op.beta);
        if (resultRule(op.fn) == PointwiseResult::boolean)
            loop(fn, in, strides, c.outDims(0), alpha, beta, c.write<uint8_t>(0).data());
        else
            loop(fn, in, strides, c.outDims(0), alpha, beta, c.write<T>(0).data());
    });
}

static Dim operations(const Pointwise& op, const ir::Work& w) {
    const bool moves = op.fn == PointwiseFn::cast || op.fn == PointwiseFn::copy;
    return moves ? Dim(0) : volume(w.out());
}

BIREME_OP(pointwise, Pointwise,
          {.inputs = 1,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "A scalar function of one to three broadcast operands."})

}  // namespace bireme::ops
