// SPDX-License-Identifier: Apache-2.0
// Einstein sums that are no matrix product: diagonals, sums of one operand, three operands and
// more, integers.
#include "backends/cuda/support/each.h"
#include "ops/einsum.h"
#include "ops/support/einsum_product.h"

namespace bireme::cuda {

// As in cu/einsum.cu.
constexpr size_t kOperands = 4, kLabels = 8, kExtents = 4, kSteps = 12;

static Support readEinsum(const tactic::Query& q, const ir::Node& node,
                          std::vector<std::string>& options) {
    std::vector<int> ranks;
    std::vector<TensorDesc> operands;
    for (ir::ValueId v : node.inputs) {
        operands.push_back(q.body().value(v).desc);
        ranks.push_back(operands.back().rank());
    }
    const auto e = ops::parseEinsum(node.op.as<ops::Einsum>()->equation, ranks);
    if (operands.size() > kOperands || e.output.size() + e.summed.size() > kLabels)
        return no("more than 4 operands or 8 labels");
    if (ops::isTransposeOrProduct(e, operands))
        return no("a transpose or a matrix product does it");
    options = {typeOption("TX", operands[0].type)};
    return yes();
}

static void layEinsum(const ir::Op& op, const EachShapes& s, size_t, Each& each) {
    std::vector<int> ranks;
    for (int i = 0; s.has(i); ++i) ranks.push_back(static_cast<int>(s.in(i).size()));
    const auto e = ops::parseEinsum(op.as<ops::Einsum>()->equation, ranks);
    const std::string labels = e.output + e.summed;
    for (size_t l = 0; l < labels.size(); ++l) each.n[kExtents + l] = 1;
    for (size_t i = 0; i < e.operands.size(); ++i) {
        const auto& dims = s.in(static_cast<int>(i));
        int64_t step = 1;
        for (size_t k = dims.size(); k-- > 0; step *= dims[k]) {
            const size_t l = labels.find(e.operands[i][k]);
            if (l == std::string::npos || dims[k] == 1) continue;
            each.n[kSteps + 8 * i + l] += step;  // a label that stands twice walks the diagonal
            each.n[kExtents + l] = dims[k];
        }
    }
    int64_t terms = 1;
    for (size_t l = e.output.size(); l < labels.size(); ++l) terms *= each.n[kExtents + l];
    putSteps(each, 0,
             {static_cast<int64_t>(e.output.size()), static_cast<int64_t>(e.summed.size()),
              static_cast<int64_t>(e.operands.size()), terms});
    each.count = static_cast<uint32_t>(product(s.out(0)));
}

void registerKernel_einsum_each(tactic::Catalog& catalog) {
    catalog.add(eachFactory(
        {"cuda.einsum.each", "einsum", "einsum.cu", readEinsum, layEinsum, {"einsum"}}));
}

}  // namespace bireme::cuda
