// SPDX-License-Identifier: Apache-2.0
#include "passes/support/scores.h"

#include "ops/matrix_multiply.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/support/parts.h"
#include "passes/support/permutation.h"
#include "passes/support/pointwise.h"

#include <algorithm>

namespace bireme::passes {

using ir::Edit;
using ops::MatrixMultiply;

namespace {

constexpr int64_t kMaxMask = 4 << 20;  // elements of a constant mask that is a sum

const MatrixMultiply* productOf(Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    return n && e.isSingle(v) ? n->op.as<MatrixMultiply>() : nullptr;
}

// A constant of one number for each matrix of the tensor.
bool isPerMatrix(Edit& e, ir::ValueId v, const DimVector& tensor) {
    const DimVector& dims = e.desc(v).dims;
    return e.isConstant(v) && dims.size() >= 2 && dims.size() <= tensor.size() &&
           dims[dims.size() - 1].is(1) && dims[dims.size() - 2].is(1);
}

// v = product, product * number, product / number or product * a constant for each head.
bool scaledProduct(Edit& e, ir::ValueId v, Scores& s) {
    for (int depth = 0; depth < 4; ++depth) {
        if (productOf(e, v)) {
            s.product = v;
            s.nodes.push_back(e.producer(v)->id);
            return true;
        }
        const auto* times = pointwiseOf(e.graph(), v, PointwiseFn::prod);
        const auto* over = pointwiseOf(e.graph(), v, PointwiseFn::div);
        if ((!times && !over) || !e.isSingle(v)) return false;
        const auto in = e.producer(v)->inputs;
        auto number = e.splat(in[1]);
        size_t rest = 0;
        if (!number && times) number = e.splat(in[0]), rest = 1;
        if (!number && times && s.perHead == ir::kNoValue) {
            rest = e.isConstant(in[0]) ? 1 : 0;
            if (!isPerMatrix(e, in[1 - rest], e.desc(in[rest]).dims)) return false;
            s.perHead = in[1 - rest];
            number = 1;
        }
        if (!number || *number == 0) return false;
        s.nodes.push_back(e.producer(v)->id);
        s.scale *= over ? 1 / *number : *number;
        v = in[rest];
    }
    return false;
}

// So far below any score that adding it leaves it as it is.
bool hides(double x) { return x <= -1e30; }

// v = select(visible, scores, hidden) or select(hidden?, hidden, scores): what is left of it.
ir::ValueId readSelect(Edit& e, ir::ValueId v, Scores& s) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::select) || !e.isSingle(v)) return v;
    const auto in = e.producer(v)->inputs;
    for (size_t i : {1u, 2u}) {
        auto number = e.splat(in[i]);
        if (!number || !hides(*number)) continue;
        s.visible = in[0], s.inverted = i == 1, s.hidden = *number;
        s.nodes.push_back(e.producer(v)->id);
        return in[3 - i];
    }
    return v;
}

// Do the dims of `fine` split the first of `coarse`?
bool splitsFirst(const DimVector& coarse, const DimVector& fine) {
    return coarse.size() >= 3 && fine.size() > coarse.size() &&
           std::equal(coarse.begin() + 1, coarse.end(),
                      fine.end() - (coarse.end() - coarse.begin()) + 1);
}

// v = view(view(scores) + mask), where the one view splits the first dim of the scores (Swin:
// images and windows) and the other joins it again: the scores.
ir::ValueId readSplit(Edit& e, ir::ValueId v, Scores& s) {
    auto viewed = [&](ir::ValueId u) {
        const ir::Node* n = e.producer(u);
        return n && n->op.def().has(ir::kView) && e.isSingle(u) ? n->inputs[0] : ir::kNoValue;
    };
    const ir::ValueId sum = viewed(v);
    if (sum == ir::kNoValue || !pointwiseOf(e.graph(), sum, PointwiseFn::sum) || !e.isSingle(sum))
        return v;
    const std::vector<ir::ValueId> in = e.producer(sum)->inputs;
    for (size_t i : {0u, 1u}) {
        const ir::ValueId scores = viewed(in[i]);
        if (scores == ir::kNoValue || !(e.desc(scores).dims == e.desc(v).dims) ||
            !(e.desc(in[i]).dims == e.desc(sum).dims) ||
            !splitsFirst(e.desc(v).dims, e.desc(sum).dims))
            continue;
        s.outer = in[1 - i], s.split = e.desc(sum).dims;
        for (ir::ValueId u : {v, sum, in[i]}) s.nodes.push_back(e.producer(u)->id);
        return scores;
    }
    return v;
}

// The same tensor with leading dims of 1, up to `rank` of them; kNoValue where the extents are not
// known.
ir::ValueId withRank(Edit& e, ir::ValueId v, int rank) {
    const DimVector dims = e.desc(v).dims;
    if (static_cast<int>(dims.size()) == rank) return v;
    if (static_cast<int>(dims.size()) > rank || !allStatic(dims)) return ir::kNoValue;
    ops::Reshape r;
    r.shape = staticValues(dims);
    r.shape.insert(r.shape.begin(), static_cast<size_t>(rank) - dims.size(), 1);
    return e.isConstant(v) ? e.viewOfConstant(v, r.shape) : e.add(ir::Op::of(r), {v});
}

// The mask of split scores, with one of the scores before they were split; kNoValue and `why` when
// it cannot be told.
ir::ValueId splitMask(Edit& e, const Scores& s, ir::ValueId inner, std::string& why) {
    const int rank = static_cast<int>(s.split.size());
    ir::ValueId mask = withRank(e, s.outer, rank);
    if (inner != ir::kNoValue && mask != ir::kNoValue) {
        inner = e.desc(inner).dims[0].is(1) ? withRank(e, inner, rank) : ir::kNoValue;
        mask = inner == ir::kNoValue ? inner : e.add(pointwiseOp(PointwiseFn::sum), {inner, mask});
    }
    if (mask == ir::kNoValue)
        why = "the masks do not fit the scores with their first dim split";
    else if (e.isConstant(mask) && volume(e.desc(mask).dims).valueOr(kMaxMask + 1) > kMaxMask)
        why = "both masks together are too large";
    return mask;
}

// What is added to the scores before their first dim is split.
ir::ValueId innerMask(Edit& e, const Scores& s, int rank, std::string& why) {
    const DataType type = e.desc(s.product).type;
    ir::ValueId mask = s.mask == ir::kNoValue ? ir::kNoValue : withRank(e, s.mask, rank);
    if (s.mask != ir::kNoValue && mask == ir::kNoValue)
        why = "the mask has other dims than the scores";
    if (s.visible == ir::kNoValue || !why.empty()) return mask;
    ir::ValueId visible = withRank(e, s.visible, rank);
    if (visible == ir::kNoValue) {
        why = "the mask has other dims than the scores";
        return visible;
    }
    ir::ValueId zero = e.addScalar(0, type, rank), hidden = e.addScalar(s.hidden, type, rank);
    if (s.inverted) std::swap(zero, hidden);
    ir::ValueId added = e.add(pointwiseOp(PointwiseFn::select), {visible, zero, hidden});
    return mask == ir::kNoValue ? added : e.add(pointwiseOp(PointwiseFn::sum), {mask, added});
}

}  // namespace

bool readScores(Edit& e, ir::ValueId v, Scores& s) {
    v = readSplit(e, v, s);
    v = readSelect(e, v, s);
    if (scaledProduct(e, v, s)) return true;
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum) || !e.isSingle(v)) return false;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        Scores part = s;
        if (!scaledProduct(e, in[i], part)) continue;
        s = part;
        s.mask = in[1 - i];
        s.nodes.push_back(e.producer(v)->id);
        return true;
    }
    return false;
}

ir::ValueId unscaled(Edit& e, ir::ValueId v, Scores& s) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::prod) || !e.isSingle(v)) return v;
    const auto in = e.producer(v)->inputs;
    for (size_t i : {0u, 1u}) {
        const auto number = e.splat(in[i]);
        if (!number || !(e.desc(in[1 - i]).dims == e.desc(v).dims)) continue;
        s.scale *= *number;
        s.nodes.push_back(e.producer(v)->id);
        return in[1 - i];
    }
    return v;
}

ir::ValueId scaled(Edit& e, ir::ValueId q, ir::ValueId constant) {
    const ir::Op times = pointwiseOp(PointwiseFn::prod);
    const ir::Node* n = e.producer(q);
    const auto* turned = n ? n->op.as<ops::Transpose>() : nullptr;
    if (!turned || !allStatic(e.desc(constant).dims)) return e.add(times, {q, constant});
    const auto p = permutationOf(*turned, e.desc(q).rank());
    std::vector<int64_t> back(p.size());
    for (size_t d = 0; d < p.size(); ++d) back[static_cast<size_t>(p[d])] = static_cast<int64_t>(d);
    const ir::ValueId x = n->inputs[0];
    const ir::ValueId y = e.add(times, {x, permuted(e, constant, back)});
    return e.add(ir::Op::of(ops::Transpose{p}), {y});
}

ir::ValueId splitFirst(Edit& e, ir::ValueId v, const DimVector& scores, const DimVector& split) {
    const DimVector dims = e.desc(v).dims;
    DimVector to(split.begin(), split.end() - static_cast<std::ptrdiff_t>(scores.size()) + 1);
    to.insert(to.end(), dims.begin() + 1, dims.end());
    const auto reshape = reshapeTo(dims, to);
    return reshape ? e.add(ir::Op::of(*reshape), {v}) : ir::kNoValue;
}

ir::ValueId maskOf(Edit& e, const Scores& s, std::string& why) {
    const ir::ValueId mask = innerMask(e, s, e.desc(s.product).rank(), why);
    return why.empty() && s.outer != ir::kNoValue ? splitMask(e, s, mask, why) : mask;
}

}  // namespace bireme::passes
