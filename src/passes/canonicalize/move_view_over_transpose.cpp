// SPDX-License-Identifier: Apache-2.0
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// The dims of `fine` that each dim of `coarse` is cut into; empty where a cut crosses dims.
std::vector<std::vector<size_t>> cutsOf(const DimVector& coarse, const DimVector& fine) {
    std::vector<std::vector<size_t>> cuts;
    size_t k = 0;
    for (size_t d = 0; d < coarse.size(); ++d) {
        if (k == fine.size()) return {};
        std::vector<size_t> cut{k};
        Dim product = fine[k++];
        while (!(product == coarse[d])) {
            if (k == fine.size()) return {};
            product *= fine[k];
            cut.push_back(k++);
        }
        const size_t left = coarse.size() - d - 1;
        while (k < fine.size() && fine[k].is(1) && fine.size() - k > left) cut.push_back(k++);
        cuts.push_back(std::move(cut));
    }
    return k == fine.size() ? cuts : std::vector<std::vector<size_t>>{};
}

std::vector<size_t> permutationOf(const ops::Transpose& t) {
    std::vector<size_t> p;
    for (int64_t d : t.permutation)
        p.push_back(
            static_cast<size_t>(d < 0 ? d + static_cast<int64_t>(t.permutation.size()) : d));
    return p;
}

// reshape(transpose(x)) => transpose(reshape(x)) where the reshape cuts dims: heads that are split
// lie together before the transpose
struct SplitFirstExtent final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reshape>().in(
            ir::op<ops::Transpose>("turned").single().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector turned = e.desc(m["turned"]).dims, out = e.desc(e.root().outputs[0]).dims,
                        x = e.desc(m["x"]).dims;
        const auto cuts = cutsOf(turned, out);
        const ir::NodeId old = e.producer(m["turned"])->id;
        const auto p = permutationOf(*e.graph().node(old).op.as<ops::Transpose>());
        if (out.size() <= turned.size() || cuts.empty() || p.size() != x.size()) return no("");
        DimVector split;
        std::vector<int64_t> at(out.size());  // of each dim of the result, in the split x
        for (size_t d = 0; d < x.size(); ++d) {
            const auto from = static_cast<size_t>(std::find(p.begin(), p.end(), d) - p.begin());
            for (size_t k : cuts[from]) {
                at[k] = static_cast<int64_t>(split.size());
                split.push_back(out[k]);
            }
        }
        auto reshape = reshapeTo(x, split);
        if (!reshape)
            return no(cat("more than one extent is only known when running: ", text(x), " to ",
                          text(split)));
        ir::ValueId y = e.add(ir::Op::of(*reshape), {m["x"]});
        y = e.add(ir::Op::of(ops::Transpose{at}), {y}, old);
        if (!(e.desc(y).dims == out)) return no("");
        return e.replaceRoot(y, "dims are split before the transpose");
    }
};

// transpose(reshape(x)) => reshape(transpose(x)) where the reshape joins dims
struct JoinLast final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Transpose>().in(
            ir::op<ops::Reshape>("joined").single().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector joined = e.desc(m["joined"]).dims, out = e.desc(e.root().outputs[0]).dims,
                        x = e.desc(m["x"]).dims;
        const auto cuts = cutsOf(joined, x);
        const auto p = permutationOf(*e.root().op.as<ops::Transpose>());
        if (x.size() <= joined.size() || cuts.empty() || p.size() != joined.size()) return no("");
        const ir::NodeId old = e.producer(m["joined"])->id;
        ops::Transpose turn;
        for (size_t d : p)
            for (size_t k : cuts[d]) turn.permutation.push_back(static_cast<int64_t>(k));
        ir::ValueId y = e.add(ir::Op::of(turn), {m["x"]});
        auto reshape = reshapeTo(e.desc(y).dims, out);
        if (!reshape)
            return no(cat("more than one extent is only known when running: ", text(e.desc(y).dims),
                          " to ", text(out)));
        y = e.add(ir::Op::of(*reshape), {y}, old);
        if (!(e.desc(y).dims == out)) return no("");
        return e.replaceRoot(y, "dims are joined after the transpose");
    }
};

// reshape(transpose(reshape(x))) => transpose(x) where the one splits what the other has joined
struct Through final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reshape>().in(ir::op<ops::Transpose>("turned").single().in(
            ir::op<ops::Reshape>("joined").single().in(ir::any("x"))));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector joined = e.desc(m["joined"]).dims, x = e.desc(m["x"]).dims;
        const auto cuts = cutsOf(joined, x);
        const auto p = permutationOf(*e.producer(m["turned"])->op.as<ops::Transpose>());
        if (cuts.empty() || p.size() != joined.size()) return no("");
        ops::Transpose turn;
        for (size_t d : p)
            for (size_t k : cuts[d]) turn.permutation.push_back(static_cast<int64_t>(k));
        ir::ValueId y = e.add(ir::Op::of(turn), {m["x"]}, e.producer(m["turned"])->id);
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(y, "dims that were joined for a transpose only");
    }
};

// reshape(transpose(reshape(x))) => transpose(reshape(x)) where the last one drops dims of 1 that
// the first has made
struct DropFirst final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reshape>().in(ir::op<ops::Transpose>("turned").single().in(
            ir::op<ops::Reshape>("x").in(ir::any("origin"))));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector turned = e.desc(m["turned"]).dims, out = e.desc(e.root().outputs[0]).dims,
                        x = e.desc(m["x"]).dims;
        const ir::NodeId old = e.producer(m["turned"])->id;
        const auto p = permutationOf(*e.graph().node(old).op.as<ops::Transpose>());
        if (out.size() >= turned.size() || p.size() != x.size()) return no("");
        std::vector<bool> kept(x.size(), false);
        std::vector<size_t> order;  // dims of x that are left, as the result has them
        for (size_t d = 0; d < turned.size(); ++d) {
            if (order.size() < out.size() && turned[d] == out[order.size()]) {
                kept[p[d]] = true;
                order.push_back(p[d]);
            } else if (!turned[d].is(1)) {
                return no("");
            }
        }
        if (order.size() != out.size()) return no("");
        DimVector dims;
        std::vector<int64_t> place(x.size());  // of a dim of x among those that are left
        for (size_t d = 0; d < x.size(); ++d) {
            place[d] = static_cast<int64_t>(dims.size());
            if (kept[d]) dims.push_back(x[d]);
        }
        ops::Transpose turn;
        for (size_t d : order) turn.permutation.push_back(place[d]);
        const auto reshape = reshapeTo(e.desc(m["origin"]).dims, dims);
        if (!reshape) return no("");
        ir::ValueId y = e.add(ir::Op::of(*reshape), {m["origin"]});
        y = e.add(ir::Op::of(turn), {y}, old);
        if (!(e.desc(y).dims == out)) return no("");
        return e.replaceRoot(y, "dims of 1 are dropped before the transpose");
    }
};

const DropFirst dropFirst;
const SplitFirstExtent splitFirstExtent;
const Through through;
const JoinLast joinLast;

}  // namespace

BIREME_PASS(
    move_view_over_transpose,
    "reshape(transpose(x)) => transpose(reshape(x)) where dims are split or dims of 1 dropped, "
    "transpose(reshape(x)) => reshape(transpose(x)) where dims are joined, "
    "reshape(transpose(reshape(x))) => transpose(x) where both cut alike") {
    applyRules(run, {&through, &splitFirstExtent, &dropFirst, &joinLast});
}

}  // namespace bireme::passes
