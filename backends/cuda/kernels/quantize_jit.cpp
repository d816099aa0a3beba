// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/each.h"
#include "ops/quantize.h"
#include "ops/support/axis_view.h"

namespace bireme::cuda {

static Support readEither(const tactic::Query& q, const ir::Node& node,
                          std::vector<std::string>& options) {
    bool zero = hasOperand(node, 2);
    DataType from = operandType(q, node, 0), to = resultType(q, node, 0);
    options = {typeOption("TX", from),
               typeOption("TS", operandType(q, node, 1)),
               typeOption("TZ", operandType(q, node, 2)),
               typeOption("TQ", to),
               cat("-DZERO=", zero ? 1 : 0),
               cat("-DWHOLE=", isInteger(to) ? 1 : 0)};
    return yes();
}

static void layAlong(const EachShapes& s, int64_t axis, Each& e) {
    e.n[0] = product(s.out(0));
    e.n[1] = product(s.in(1));
    e.n[2] = s.in(0).empty() ? 1 : ops::AxisView(s.in(0), axis).inner;
    e.count = static_cast<uint32_t>((e.n[0] + 7) / 8);
}

static void layQuantize(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    layAlong(s, op.as<ops::Quantize>()->axis, e);
}

static void layDequantize(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    layAlong(s, op.as<ops::Dequantize>()->axis, e);
}

void registerKernel_quantize_jit(tactic::Catalog& catalog) {
    catalog.add(eachFactory({"cuda.quantize.jit",
                             "quantize",
                             "quantize.cu",
                             readEither,
                             layQuantize,
                             {"quantize"},
                             true}));
    catalog.add(eachFactory({"cuda.dequantize.jit",
                             "dequantize",
                             "quantize.cu",
                             readEither,
                             layDequantize,
                             {"dequantize"},
                             true}));
}

}  // namespace bireme::cuda
