// SPDX-License-Identifier: Apache-2.0
// Casts from and to floats of at most a byte and integers below one, which other kernels do not
// read.
#include "backends/cuda/support/each.h"
#include "ops/pointwise.h"

namespace bireme::cuda {

static Support readCast(const tactic::Query& q, const ir::Node& node,
                        std::vector<std::string>& options) {
    const auto& op = *node.op.as<ops::Pointwise>();
    DataType from = operandType(q, node, 0), to = resultType(q, node, 0);
    if (op.fn != ops::PointwiseFn::cast || from == to) return no("the node is no cast");
    if (typeText(from) && typeText(to)) return no("both types are common ones");
    if (from == DataType::kUINT64) return no("64-bit numbers without sign");
    options = {typeOption("FROM", from), typeOption("TO", to),
               cat("-DSATURATE=", op.saturate ? 1 : 0)};
    return yes();
}

static void layCast(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    e.n[0] = product(s.out(0));
    e.count = static_cast<uint32_t>((e.n[0] + 7) / 8);
}

void registerKernel_cast_small(tactic::Catalog& catalog) {
    catalog.add(eachFactory(
        {"cuda.cast.small", "pointwise", "cast_small.cu", readCast, layCast, {"cast"}, true}));
}

}  // namespace bireme::cuda
