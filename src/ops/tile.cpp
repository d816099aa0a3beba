// SPDX-License-Identifier: Apache-2.0
#include "ops/tile.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void eval(const Tile&, ir::EvalContext& c) {
    if (c.outCount(0) == 0) return;
    std::vector<std::vector<int64_t>> tables;
    for (int d = 0; d < c.rank(0); ++d) {
        tables.emplace_back();
        for (int64_t i = 0; i < c.outDims(0)[d]; ++i) tables.back().push_back(i % c.dims(0)[d]);
    }
    copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), c.dims(0), tables);
}

static void infer(const Tile& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    DimVector repeats = listArgument(c, 1, {}, "repeats", {0, INT64_MAX});
    c.require(static_cast<int>(repeats.size()) == x.rank(), repeats.size(), " repeats do not fit ",
              x.text());
    c.out(0) = x;
    for (int i = 0; i < x.rank(); ++i) {
        c.require(!repeats[i].isStatic() || repeats[i].value() >= 0, "cannot repeat ",
                  repeats[i].text(), " times");
        c.out(0).dims[i] = x.dims[i] * repeats[i];
    }
    moveKnown(op, c, eval, {0});
}

BIREME_OP(tile, Tile,
          {.inputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "The input repeated along every dim."})

}  // namespace bireme::ops
