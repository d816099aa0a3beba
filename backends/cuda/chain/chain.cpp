// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/chain/chain.h"

#include "base/text.h"
#include "tensor/half.h"

#include <algorithm>

namespace bireme::cuda {

using ops::PointwiseFn;

static Support readTerm(const tactic::Query& q, const ir::EpilogueTerm& term, bool last,
                        std::vector<ChainStep>& out) {
    const auto* op = q.body().node(term.node).op.as<ops::Pointwise>();
    if (!op) return no("what follows the anchor is not pointwise");
    if (op->fn == PointwiseFn::copy) return yes();
    if (op->fn == PointwiseFn::cast) {
        if (!isReal(op->to)) return no("a cast to integers follows the anchor");
        return last ? yes() : no("a cast stands inside the chain");
    }
    ChainStep s{op->fn, op->alpha, op->beta, term.through, -1, false};
    if (ops::arity(op->fn) == 3) return no("a selection follows the anchor");
    if (ops::arity(op->fn) == 2) {
        s.input = q.group().inputIndex(term.other);
        if (s.input < 0)
            return no(cat("operand of ", ops::name(op->fn), " is computed inside the group"));
        s.constant = q.constant(s.input) != nullptr;
    }
    out.push_back(s);
    return yes();
}

Support readChain(const tactic::Query& q, std::vector<ChainStep>& out) {
    const ir::GroupView& g = q.group();
    if (!g.anchor()) return no("the group has no single anchor");
    if (g.hasPrologue()) return no("nodes stand before the anchor");
    if (!g.hasChainEpilogue()) return no("what follows the anchor is not one chain");
    if (q.outputs() != 1) return no("more than one output");
    const auto& terms = g.epilogue();
    for (size_t i = 0; i < terms.size(); ++i)
        if (Support s = readTerm(q, terms[i], i + 1 == terms.size(), out); !s.ok) return s;
    return yes();
}

void sortSums(const tactic::Query& q, int axis, std::vector<ChainStep>& steps) {
    auto end = std::find_if(steps.begin(), steps.end(),
                            [](const ChainStep& s) { return s.fn != PointwiseFn::sum; });
    std::stable_partition(steps.begin(), end, [&](const ChainStep& s) {
        return !isPerElementOf(q.in(s.input).dims, q.out(0).dims, axis);
    });
}

bool isPerElementOf(const DimVector& dims, const DimVector& to, int axis) {
    int shift = static_cast<int>(to.size()) - static_cast<int>(dims.size());
    if (shift < 0 || axis < shift) return false;
    for (int i = 0; i < static_cast<int>(dims.size()); ++i) {
        bool fits = i + shift == axis
                        ? dims[static_cast<size_t>(i)] == to[static_cast<size_t>(axis)]
                        : dims[static_cast<size_t>(i)].is(1);
        if (!fits) return false;
    }
    return true;
}

bool isSplat(const tactic::Query& q, int input) {
    const DimVector& dims = q.in(input).dims;
    return q.constant(input) && isReal(q.in(input).type) &&
           std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.is(1); });
}

bool splatValue(const tactic::Query& q, int input, float& value) {
    if (!isSplat(q, input)) return false;
    const Blob& b = *q.constant(input);
    if (b.size() * 8 < static_cast<size_t>(bits(q.in(input).type))) return false;
    switch (q.in(input).type) {
        case DataType::kFLOAT: value = *b.as<float>(); return true;
        case DataType::kHALF: value = static_cast<float>(*b.as<Half>()); return true;
        case DataType::kBF16: value = static_cast<float>(*b.as<BFloat16>()); return true;
        default: return false;
    }
}

std::vector<int64_t> channelsLastStrides(const std::vector<int64_t>& dims) {
    return Format::channelsLast(static_cast<int>(dims.size())).stridesFor(dims);
}

std::vector<int64_t> withLeadingOnes(const std::vector<int64_t>& dims, size_t rank) {
    std::vector<int64_t> out(rank > dims.size() ? rank - dims.size() : 0, 1);
    out.insert(out.end(), dims.begin(), dims.end());
    return out;
}

}  // namespace bireme::cuda
