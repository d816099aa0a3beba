// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

#include <cstring>

namespace bireme::ops {

static void eval(const Concat& op, ir::EvalContext& c) {
    AxisView out(c.outDims(0), op.axis);
    size_t size = elementBytes(c.outType(0)),
           rowBytes = static_cast<size_t>(out.extent * out.inner) * size, at = 0;
    for (int i = 0; i < c.inputs(); ++i) {
        AxisView in(c.dims(i), op.axis);
        c.require(in.outer == out.outer && in.inner == out.inner, "input ", i,
                  " of concat does not fit the others");
        size_t part = static_cast<size_t>(in.extent * in.inner) * size;
        c.require(at + part <= rowBytes, "concat inputs are longer than the output");
        for (int64_t o = 0; o < in.outer && part; ++o)
            std::memcpy(
                static_cast<uint8_t*>(c.outData(0)) + static_cast<size_t>(o) * rowBytes + at,
                static_cast<const uint8_t*>(c.data(i)) + static_cast<size_t>(o) * part, part);
        at += part;
    }
    c.require(at == rowBytes || out.outer == 0, "concat inputs are shorter than the output");
}

// A list of which parts are known: the others become symbols, or all that is known were lost.
// Longer lists are data.
static bool joinLists(ir::InferContext& c) {
    constexpr int64_t kMostElements = 8;
    const TensorDesc& d = c.out(0);
    if (d.rank() != 1 || d.type != DataType::kINT64 || !d.dims[0].isStatic() ||
        d.dims[0].value() > kMostElements)
        return false;
    int known = 0;
    for (int i = 0; i < c.inputs(); ++i) known += c.known(i) ? 1 : 0;
    if (known == 0 || known == c.inputs()) return false;
    DimVector all;
    for (int i = 0; i < c.inputs(); ++i) {
        const DimVector* part = c.known(i);
        for (int k = 0; k < static_cast<int>(c.in(i).dims[0].value()); ++k)
            all.push_back(part ? (*part)[static_cast<size_t>(k)]
                               : c.hostElement(i, k, {INT32_MIN, INT32_MAX}));
    }
    c.setKnown(0, std::move(all));
    return true;
}

static void infer(const Concat& op, ir::InferContext& c) {
    TensorDesc d = c.in(0);
    c.require(d.rank() > 0, "concat needs at least one dimension");
    int axis = c.axis(op.axis, d.rank());
    for (int i = 1; i < c.inputs(); ++i) {
        const TensorDesc& x = c.in(i);
        c.requireSameType(0, i);
        c.require(x.rank() == d.rank(), "input ", i, " of concat has ", x.rank(),
                  " dimensions, input 0 has ", d.rank());
        for (int k = 0; k < d.rank(); ++k)
            d.dims[k] = k == axis ? d.dims[k] + x.dims[k]
                                  : agree(c, d.dims[k], x.dims[k],
                                          cat("input ", i, ", dimension ", k).c_str());
    }
    c.out(0) = d;
    if (joinLists(c)) return;
    std::vector<int> all;
    for (int i = 0; i < c.inputs(); ++i) all.push_back(i);
    moveKnown(op, c, eval, all);
}

BIREME_OP(concat, Concat,
          {.inputs = 1,
           .maxInputs = -1,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Inputs joined along one axis; other dims equal."})

}  // namespace bireme::ops
