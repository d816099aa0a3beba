// SPDX-License-Identifier: Apache-2.0
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/permutation.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

bool isIdentity(const std::vector<int64_t>& p) {
    for (size_t i = 0; i < p.size(); ++i)
        if (p[i] != static_cast<int64_t>(i)) return false;
    return true;
}

// transpose(transpose(x, p), q) => transpose(x, p[q]), or x when that is the identity
struct MergeTransposes final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Transpose>().in(ir::op<ops::Transpose>("inner").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        int rank = e.desc(m["x"]).rank();
        auto outer = permutationOf(*e.root().op.as<ops::Transpose>(), rank);
        auto inner = permutationOf(*e.producer(m["inner"])->op.as<ops::Transpose>(), rank);
        std::vector<int64_t> merged;
        for (int64_t i : outer) merged.push_back(inner[static_cast<size_t>(i)]);
        if (isIdentity(merged)) return e.replaceRoot(m["x"], "transposes that cancel, removed");
        return e.replaceRoot(e.add(ir::Op::of(ops::Transpose{merged}), {m["x"]}),
                             "transposes merged");
    }
};

// transpose(x, identity) => x; transpose(x) that moves only extents of 1 => reshape(x)
struct SimplifyTranspose final : Rule {
    Pattern pattern() const override { return ir::op<ops::Transpose>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector& dims = e.desc(m["x"]).dims;
        auto p = permutationOf(*e.root().op.as<ops::Transpose>(), static_cast<int>(dims.size()));
        if (isIdentity(p)) return e.replaceRoot(m["x"], "a transpose that moves nothing, removed");
        ops::Reshape r;
        int64_t last = -1;
        int symbols = 0;
        for (size_t i = 0; i < p.size(); ++i) {
            const Dim& d = dims[static_cast<size_t>(p[i])];
            if (d.is(0)) return no("");
            if (!d.is(1) && p[i] < last) return no("");
            if (!d.is(1)) last = p[i];
            bool copied = !d.isStatic() && p[i] == static_cast<int64_t>(i);
            symbols += !d.isStatic() && !copied;
            r.shape.push_back(d.isStatic() ? d.value() : copied ? 0 : -1);
        }
        if (symbols > 1)
            return no(cat("it is a view, but more than one extent is only known when running: ",
                          text(dims)));
        ir::ValueId y = e.add(ir::Op::of(r), {m["x"]});
        if (e.desc(y).dims != e.desc(e.root().outputs[0]).dims) return no("");
        return e.replaceRoot(y, "it moves only extents of 1: now a view");
    }
};

// transpose(f(transpose(x, p), c), q) => f(x, c moved)      f a chain of pointwise functions, c
// constants; p and q cancel
struct CancelThroughPointwise final : Rule {
    static constexpr size_t kMaxChain = 16;
    Pattern pattern() const override {
        return ir::op<ops::Transpose>().in(ir::op<Pointwise>("f").single());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        std::vector<ir::NodeId> chain;  // from the root upwards
        ir::ValueId v = m["f"];
        const ir::Node* n = e.producer(v);
        while (n && n->op.is<Pointwise>() && e.isSingle(v) && chain.size() < kMaxChain) {
            ir::ValueId above = ir::kNoValue;
            for (ir::ValueId u : n->inputs) {
                if (e.isConstant(u)) continue;
                if (above != ir::kNoValue && above != u) return no("");
                above = u;
            }
            if (above == ir::kNoValue || !(e.desc(above).dims == e.desc(v).dims)) return no("");
            chain.push_back(n->id);
            v = above;
            n = e.producer(v);
        }
        if (!n || !n->op.is<ops::Transpose>() || !ir::isInternal(e.graph(), v)) return no("");
        int rank = e.desc(v).rank();
        auto inner = permutationOf(*n->op.as<ops::Transpose>(), rank);
        auto outer = permutationOf(*e.root().op.as<ops::Transpose>(), rank);
        for (size_t i = 0; i < outer.size(); ++i)
            if (inner[static_cast<size_t>(outer[i])] != static_cast<int64_t>(i))
                return no("the transposes around pointwise functions do not cancel");
        e.consumes(n->id);
        ir::ValueId from = v, to = n->inputs[0];
        for (size_t i = chain.size(); i-- > 0;) {
            e.consumes(chain[i]);
            ir::Op op = e.graph().node(chain[i]).op;
            std::vector<ir::ValueId> in = e.graph().node(chain[i]).inputs;
            for (ir::ValueId& u : in) u = u == from ? to : permuted(e, u, outer);
            from = e.graph().node(chain[i]).outputs[0];
            to = e.add(op, in, chain[i]);
        }
        return e.replaceRoot(to, "transposes around pointwise functions cancel, removed");
    }
};

const CancelThroughPointwise cancelThroughPointwise;
const MergeTransposes mergeTransposes;
const SimplifyTranspose simplifyTranspose;

}  // namespace

BIREME_PASS(merge_transposes,
            "transpose(transpose(x)) => transpose(x) or x; moves of extents of 1 => reshape; "
            "transpose(f(transpose(x))) => f(x) where they cancel") {
    applyRules(run, {&mergeTransposes, &simplifyTranspose, &cancelThroughPointwise});
}

}  // namespace bireme::passes
