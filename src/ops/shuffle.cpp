// SPDX-License-Identifier: Apache-2.0
#include "ops/shuffle.h"

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/reshape.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"
#include "ops/support/reshape_dims.h"
#include "ops/transpose.h"

namespace bireme::ops {

template <typename T>
static std::vector<T> permuted(const std::vector<T>& v, const std::vector<int64_t>& permutation) {
    if (permutation.empty()) return v;
    std::vector<T> out;
    for (int64_t p : permutation) out.push_back(v[static_cast<size_t>(p)]);
    return out;
}

static std::vector<int64_t> unpermuted(const std::vector<int64_t>& v,
                                       const std::vector<int64_t>& permutation) {
    std::vector<int64_t> out = v;
    for (size_t i = 0; i < permutation.size(); ++i) out[static_cast<size_t>(permutation[i])] = v[i];
    return out;
}

static void eval(const Shuffle& op, ir::EvalContext& c) {
    size_t size = elementBytes(c.type(0));
    auto first = permuted(c.dims(0), op.firstTranspose);
    auto middle = unpermuted(c.outDims(0), op.secondTranspose);
    c.require(c.count(0) == c.outCount(0), "a shuffle of ", c.count(0), " elements would have ",
              c.outCount(0));
    std::vector<uint8_t> between(static_cast<size_t>(c.count(0)) * size);
    copyStrided(between.data(), c.data(0), size, first,
                permuted(ir::rowMajorStrides(c.dims(0)), op.firstTranspose));
    copyStrided(c.outData(0), between.data(), size, c.outDims(0),
                permuted(ir::rowMajorStrides(middle), op.secondTranspose));
}

static void checkPermutation(const ir::InferContext& c, const std::vector<int64_t>& p,
                             size_t rank) {
    if (p.empty()) return;
    c.require(p.size() == rank, "a permutation of ", p.size(), " dimensions does not fit ", rank);
    for (int64_t i : p) c.require(i >= 0, "a permutation holds ", i);
    distinctAxes(c, p, static_cast<int>(rank));
}

static void infer(const Shuffle& op, ir::InferContext& c) {
    c.out(0) = c.in(0);
    DimVector& d = c.out(0).dims;
    checkPermutation(c, op.firstTranspose, d.size());
    d = permuted(d, op.firstTranspose);
    if (op.reshapes || c.has(1)) d = reshapedDims(c, d, op.reshape, op.zeroIsPlaceholder);
    checkPermutation(c, op.secondTranspose, d.size());
    d = permuted(d, op.secondTranspose);
    moveKnown(op, c, eval, {0});
}

static bool decompose(const Shuffle& op, ir::DecomposeContext& c) {
    ir::ValueId v = c.in(0);
    if (!op.firstTranspose.empty()) v = c.add(ir::Op::of(Transpose{op.firstTranspose}), {v});
    if (c.in(1) != ir::kNoValue)
        v = c.add(ir::Op::of(Reshape{{}, op.zeroIsPlaceholder}), {v, c.in(1)});
    else if (op.reshapes)
        v = c.add(ir::Op::of(Reshape{op.reshape, op.zeroIsPlaceholder}), {v});
    if (!op.secondTranspose.empty()) v = c.add(ir::Op::of(Transpose{op.secondTranspose}), {v});
    c.replace(0, v);
    return true;
}

BIREME_OP(shuffle, Shuffle,
          {.inputs = 1,
           .maxInputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .doc = "Transpose, reshape, transpose."})

}  // namespace bireme::ops
