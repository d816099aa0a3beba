// SPDX-License-Identifier: Apache-2.0
#include "ops/reverse_sequence.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const ReverseSequence& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(x.rank() >= 2, "reverse_sequence needs two dimensions, got ", x.text());
    int batch = c.axis(op.batchAxis, x.rank()), sequence = c.axis(op.sequenceAxis, x.rank());
    c.require(batch != sequence, "batch and sequence are both axis ", batch);
    c.require(isInteger(c.in(1).type) && c.in(1).rank() == 1, "lengths must be 1-D integers, not ",
              c.in(1).text());
    agree(c, x.dims[batch], c.in(1).dims[0], "one length per batch");
    c.out(0) = x;
}

static void eval(const ReverseSequence& op, ir::EvalContext& c) {
    int rank = c.rank(0);
    auto batch = static_cast<size_t>(op.batchAxis < 0 ? op.batchAxis + rank : op.batchAxis);
    auto sequence =
        static_cast<size_t>(op.sequenceAxis < 0 ? op.sequenceAxis + rank : op.sequenceAxis);
    const auto& dims = c.dims(0);
    auto lengths = c.ints(1);
    for (int64_t l : lengths)
        c.require(l >= 0 && l <= dims[sequence], "length ", l, " is outside 0..", dims[sequence]);
    c.require(static_cast<int64_t>(lengths.size()) == dims[batch], lengths.size(), " lengths for ",
              dims[batch], " batches");
    if (c.count(0) == 0) return;
    size_t size = elementBytes(c.type(0));
    auto strides = ir::rowMajorStrides(dims);
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* in = static_cast<const uint8_t*>(c.data(0));
    std::vector<int64_t> index(dims.size(), 0);
    int64_t at = 0;
    do {
        int64_t s = index[sequence], length = lengths[static_cast<size_t>(index[batch])];
        int64_t from = s < length ? at + (length - 1 - 2 * s) * strides[sequence] : at;
        copyElement(out + static_cast<size_t>(at) * size, in + static_cast<size_t>(from) * size,
                    size);
        ++at;
    } while (ir::nextIndex(index, dims));
}

BIREME_OP(reverse_sequence, ReverseSequence,
          {.inputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "The first lengths[b] elements of each sequence reversed."})

}  // namespace bireme::ops
