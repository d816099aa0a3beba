// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/pointwise/brain_affine.h"

#include <limits>

namespace bireme::cpu {

using ops::PointwiseFn;

std::optional<BrainAffine> BrainAffine::of(const Program& p) {
    if (p.outputs.size() != 1 || p.typeOf(p.outputs[0]) != DataType::kBF16) return {};
    constexpr float kMost = std::numeric_limits<float>::infinity();
    BrainAffine found{-1, -1, -1, p.outputs[0], -kMost, kMost};
    size_t steps = 0;
    auto at = [&](int v, PointwiseFn fn) -> const Instruction* {
        const int i = v - p.firstResult();
        if (i < 0 || p.code[static_cast<size_t>(i)].fn != fn) return nullptr;
        ++steps;
        return &p.code[static_cast<size_t>(i)];
    };
    auto operand = [&](int v) {  // of bf16, that v is as a float; -1: none
        const Instruction* c = at(v, PointwiseFn::cast);
        const bool is = c && c->in[0] < static_cast<int>(p.operands.size()) &&
                        p.typeOf(c->in[0]) == DataType::kBF16 && p.typeOf(v) == DataType::kFLOAT;
        return is ? c->in[0] : -1;
    };
    const Instruction* c = at(found.y, PointwiseFn::cast);
    if (!c) return {};
    int v = c->in[0];
    if (const Instruction* clip = at(v, PointwiseFn::clip))
        found.low = clip->alpha, found.high = clip->beta, v = clip->in[0];
    else if (const Instruction* relu = at(v, PointwiseFn::relu))
        found.low = 0, v = relu->in[0];
    if (const Instruction* sum = at(v, PointwiseFn::sum)) {
        found.shift = operand(sum->in[1]), v = sum->in[0];
        if (found.shift < 0) found.shift = operand(sum->in[0]), v = sum->in[1];
        if (found.shift < 0) return {};
    }
    if (const Instruction* product = at(v, PointwiseFn::prod)) {
        found.scale = operand(product->in[1]), v = product->in[0];
        if (found.scale < 0) return {};
    }
    found.x = operand(v);
    const bool whole =
        found.x >= 0 && (found.scale >= 0 || found.shift >= 0) && steps == p.code.size();
    return whole ? std::optional(found) : std::nullopt;
}

}  // namespace bireme::cpu
