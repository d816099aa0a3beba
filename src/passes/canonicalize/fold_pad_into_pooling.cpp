// SPDX-License-Identifier: Apache-2.0
#include "ops/pad.h"
#include "ops/pooling.h"
#include "passes/rules.h"
#include "passes/support/parts.h"
#include "passes/support/pointwise.h"

#include <algorithm>
#include <limits>

namespace bireme::passes {

namespace {

bool isAll(const std::vector<int64_t>& v, int64_t wanted) {
    return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x == wanted; });
}

// Nothing below zero comes out of these.
bool isNonNegative(const Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    if (!p) return false;
    return p->fn == PointwiseFn::relu || p->fn == PointwiseFn::sigmoid ||
           p->fn == PointwiseFn::hard_sigmoid || p->fn == PointwiseFn::exp ||
           p->fn == PointwiseFn::abs || (p->fn == PointwiseFn::clip && p->alpha >= 0);
}

// Why the values around x do not count in the pooling as its own padding would; empty if they do.
std::string whyOther(const Edit& e, ir::ValueId x, const Border& border, const ops::Pooling& pool) {
    if (pool.type == PoolingType::kAVERAGE) {
        if (border.value != 0) return "an average over a pad of other numbers than zero";
        bool own = !isAll(pool.prePadding, 0) || !isAll(pool.postPadding, 0);
        return own && pool.excludePadding ? "the average leaves out its own padding" : "";
    }
    if (pool.type != PoolingType::kMAX) return "a pooling of another kind";
    if (border.value <= std::numeric_limits<float>::lowest()) return {};
    return border.value == 0 && isNonNegative(e, x)
               ? ""
               : "the numbers around may be larger than those inside";
}

// pooling(pad(x)) => pooling(x) with as much padding      minus infinity around a maximum, zero
// around an average or around the maximum of what is never below
struct FoldPadIntoPooling final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Pooling>().in(ir::op<ops::Pad>("pad").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ops::Pooling pool = *e.root().op.as<ops::Pooling>();
        const auto rank = static_cast<size_t>(e.desc(m["x"]).rank()), spatial = rank - 2;
        if (pool.window.empty() || pool.indices || !isAll(pool.dilation, 1)) return no("");
        if (pool.paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN)
            return no("the pooling pads by its own rule");
        if (!ir::isInternal(e.graph(), m["pad"])) return no("the padded tensor is the user's");
        auto border = borderOf(e, *e.producer(m["pad"]));
        if (!border) return no("the pad is not of a known number of constants");
        const std::vector<int64_t>& pads = border->pads;
        if (pads[0] || pads[1] || pads[rank] || pads[rank + 1] ||
            *std::min_element(pads.begin(), pads.end()) < 0)
            return no("the pad is not of spatial dimensions alone, or crops");
        if (std::string why = whyOther(e, m["x"], *border, pool); !why.empty()) return no(why);
        pool.prePadding.resize(spatial, 0);
        pool.postPadding.resize(spatial, 0);
        for (size_t i = 0; i < spatial; ++i) {
            pool.prePadding[i] += pads[i + 2];
            pool.postPadding[i] += pads[i + 2 + rank];
            if (std::max(pool.prePadding[i], pool.postPadding[i]) >= pool.window[i])
                return no("a window may lie wholly in the pad");
        }
        if (pool.type == PoolingType::kAVERAGE) pool.excludePadding = false;
        ir::ValueId y = e.add(ir::Op::of(pool), {m["x"]});
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims))
            return no("the output would change its size");
        return e.replaceRoot(y, "the pad became the pooling's own");
    }
};

const FoldPadIntoPooling foldPadIntoPooling;

}  // namespace

BIREME_PASS(fold_pad_into_pooling, "pooling(pad(x)) => pooling(x) with as much padding") {
    applyRules(run, {&foldPadIntoPooling});
}

}  // namespace bireme::passes
