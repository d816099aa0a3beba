// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/each.h"
#include "ops/linear_attention.h"

#include <cmath>

namespace bireme::cuda {

constexpr int64_t kKeys = 256;  // a thread holds one number for each

static Support readLinearAttention(const tactic::Query& q, const ir::Node& node,
                                   std::vector<std::string>& options) {
    const DataType type = operandType(q, node, 0);
    if (!isFloat(type)) return no("elements are not f32, f16 or bf16");
    for (size_t k = 1; k < node.inputs.size(); ++k)
        if (hasOperand(node, k) && operandType(q, node, k) != type)
            return no("operands of several types");
    const auto widest = q.dimsAt(q.body().value(node.inputs[0]).desc, ir::GroupShape::max);
    if (widest[2] > kKeys * node.op.as<ops::LinearAttention>()->queryHeads)
        return no("a key has more than 256 elements");
    options = {typeOption("TX", type), cat("-DKEYS=", kKeys)};
    return yes();
}

static void layLinearAttention(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    const auto& a = *op.as<ops::LinearAttention>();
    const auto &q = s.in(0), &k = s.in(1), &v = s.in(2);
    const int64_t key = q[2] / a.queryHeads, value = v[2] / a.heads;
    const int64_t decays = s.has(4) ? s.in(4)[2] / a.heads : 0, betas = s.has(5) ? s.in(5)[2] : 0;
    if (k[2] != a.heads * key || q[2] != a.queryHeads * key || v[2] != a.heads * value ||
        k[1] != q[1] || v[1] != q[1])
        failInvalid("query, key and value do not fit together");
    if (s.has(4) && decays != 1 && decays != key)
        failInvalid(cat("decay has ", decays, " values a head"));
    if (s.has(5) && betas != 1 && betas != a.heads) failInvalid(cat("beta has ", betas, " values"));
    putSteps(e, 0, {q[1], a.heads, a.queryHeads, key, value, decays, betas});
    e.f[0] = a.scale != 0 ? a.scale : 1 / std::sqrt(static_cast<float>(key));
    e.count = static_cast<uint32_t>(q[0] * a.heads * value);
}

void registerKernel_linear_attention_each(tactic::Catalog& catalog) {
    catalog.add(eachFactory({"cuda.linear_attention.each",
                             "linear_attention",
                             "linear_attention.cu",
                             readLinearAttention,
                             layLinearAttention,
                             {"linear_attention"}}));
}

}  // namespace bireme::cuda
