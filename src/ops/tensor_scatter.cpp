// SPDX-License-Identifier: Apache-2.0
#include "ops/tensor_scatter.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

#include <cstring>

namespace bireme::ops {

static void infer(const TensorScatter& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &update = c.in(1);
    c.requireSameType(0, 1);
    c.require(x.rank() >= 2 && x.rank() == update.rank(), "the update ", update.text(),
              " does not fit the cache ", x.text());
    int axis = c.axis(op.axis, x.rank());
    c.require(axis > 0, "the axis may not be the batch");
    if (c.has(2))
        c.require(isInteger(c.in(2).type) && c.in(2).rank() == 1,
                  "the positions must be one integer a batch, not ", c.in(2).text());
    c.out(0) = x;
}

static void eval(const TensorScatter& op, ir::EvalContext& c) {
    AxisView cache(c.dims(0), op.axis), update(c.dims(1), op.axis);
    std::vector<int64_t> first = c.has(2) ? c.ints(2) : std::vector<int64_t>(1, 0);
    c.require(cache.outer == update.outer && cache.inner == update.inner &&
                  (!c.has(2) || static_cast<int64_t>(first.size()) == c.dims(0)[0]),
              "the update does not fit the cache");
    size_t row = elementBytes(c.type(0)) * static_cast<size_t>(cache.inner);
    auto* to = static_cast<uint8_t*>(c.outData(0));
    const auto* from = static_cast<const uint8_t*>(c.data(1));
    copyBytes(c);
    int64_t perBatch = c.dims(0)[0] ? cache.outer / c.dims(0)[0] : 1;
    for (int64_t o = 0; o < cache.outer && row; ++o)
        for (int64_t i = 0; i < update.extent; ++i) {
            int64_t at = (c.has(2) ? first[static_cast<size_t>(o / perBatch)] : 0) + i;
            if (op.circular) at = (at % cache.extent + cache.extent) % cache.extent;
            c.require(at >= 0 && at < cache.extent, "position ", at, " is outside the cache of ",
                      cache.extent);
            std::memcpy(to + static_cast<size_t>(o * cache.extent + at) * row,
                        from + static_cast<size_t>(o * update.extent + i) * row, row);
        }
}

BIREME_OP(tensor_scatter, TensorScatter,
          {.inputs = 2,
           .maxInputs = 3,
           .infer = infer,
           .eval = eval,
           .doc = "A cache with an update written into it along one axis."})

}  // namespace bireme::ops
