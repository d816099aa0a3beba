// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/reshape.h"
#include "ops/rotary_embedding.h"
#include "ops/slice.h"
#include "passes/rules.h"
#include "passes/support/parts.h"
#include "passes/support/pointwise.h"

#include <optional>

namespace bireme::passes {

namespace {

// Two tensors side by side along the features: as halves, or as neighbours of each other.
struct Pairs {
    ir::ValueId first = ir::kNoValue, second = ir::kNoValue;
    bool interleaved = false;
};

const ops::Concat* joinOf(const Edit& e, ir::ValueId v, int axis) {
    const ir::Node* n = e.producer(v);
    const auto* join = n ? n->op.as<ops::Concat>() : nullptr;
    if (!join || n->inputs.size() != 2) return nullptr;
    const int rank = e.desc(v).rank();
    return (join->axis < 0 ? join->axis + rank : join->axis) == axis ? join : nullptr;
}

// v under dims with a 1 behind them: v; else kNoValue.
ir::ValueId withoutLast(const Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    if (!n || !n->op.def().has(ir::kView)) return ir::kNoValue;
    DimVector dims = e.desc(n->inputs[0]).dims;
    dims.emplace_back(1);
    return dims == e.desc(v).dims ? n->inputs[0] : ir::kNoValue;
}

bool readPairs(Edit& e, ir::ValueId v, Pairs& p) {
    const int rank = e.desc(v).rank();
    if (joinOf(e, v, rank - 1)) {
        p = {e.producer(v)->inputs[0], e.producer(v)->inputs[1], false};
        return true;
    }
    const ir::Node* flat = e.producer(v);
    if (!flat || !flat->op.is<ops::Reshape>()) return false;
    const ir::ValueId join = flat->inputs[0];
    if (e.desc(join).rank() != rank + 1 || !joinOf(e, join, rank) ||
        !e.desc(join).dims.back().is(2))
        return false;
    p = {withoutLast(e, e.producer(join)->inputs[0]), withoutLast(e, e.producer(join)->inputs[1]),
         true};
    return p.first != ir::kNoValue && p.second != ir::kNoValue;
}

// A tensor of pairs: all or a part of `from`.
struct Whole {
    ir::ValueId from = ir::kNoValue;
    Part part;
    DimVector dims;
    bool operator==(const Whole& o) const {
        return from == o.from && part.start == o.part.start && part.stride == o.part.stride &&
               dims == o.dims;
    }
    bool isAll(const Edit& e) const { return dims == e.desc(from).dims; }
    int64_t features() const { return dims.back().value(); }
};

// The tensor of whose pairs v is the first or second member.
std::optional<Whole> wholeOf(Edit& e, ir::ValueId v, int64_t which, bool interleaved) {
    const ir::Node* n = e.producer(v);
    if (!n || !n->op.is<ops::Slice>()) return std::nullopt;
    auto part = partOf(e, *n);
    DimVector dims = e.desc(v).dims;
    if (!part || dims.empty() || !dims.back().isStatic()) return std::nullopt;
    const int64_t pairs = dims.back().value();
    if (part->stride.back() != (interleaved ? 2 : 1)) return std::nullopt;
    part->stride.back() = 1;
    part->start.back() -= interleaved ? which : which * pairs;
    dims.back() = Dim(2 * pairs);
    const Dim& size = e.desc(n->inputs[0]).dims.back();
    if (part->start.back() < 0 || !size.isStatic() || part->start.back() + 2 * pairs > size.value())
        return std::nullopt;
    return Whole{n->inputs[0], *part, dims};
}

// Is x that tensor?
bool isWhole(Edit& e, ir::ValueId x, const Whole& w) {
    if (x == w.from) return w.isAll(e);
    const ir::Node* n = e.producer(x);
    if (!n || !n->op.is<ops::Slice>() || n->inputs[0] != w.from) return false;
    const auto part = partOf(e, *n);
    return part && Whole{w.from, *part, e.desc(x).dims} == w;
}

// That tensor, as a slice where it is a part; kNoValue where its extents do not tell.
ir::ValueId made(Edit& e, const Whole& w) {
    if (w.isAll(e)) return w.from;
    const auto slice = sliceOf(e.desc(w.from).dims, w.dims, w.part);
    return slice ? e.add(ir::Op::of(*slice), {w.from}) : ir::kNoValue;
}

// v = x * y with one reader: the other operand; kNoValue when it is no such product.
ir::ValueId timesOf(Edit& e, ir::ValueId v, ir::ValueId x) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::prod) || !e.isSingle(v)) return ir::kNoValue;
    const auto& in = e.producer(v)->inputs;
    if (in[0] == x) return in[1];
    return in[1] == x ? in[0] : ir::kNoValue;
}

Outcome turn(Edit& e, ir::ValueId x, ir::ValueId cosine, ir::ValueId sine, int64_t angles,
             bool interleaved) {
    if (x == ir::kNoValue) return no("");
    if (!(e.desc(e.root().outputs[0]).dims == e.desc(x).dims)) return no("the angles broadcast it");
    for (ir::ValueId v : {cosine, sine})
        if (e.desc(v).rank() < 1 || !e.desc(v).dims.back().is(angles))
            return no("the angles do not stand per feature");
    ops::RotaryEmbedding op;
    op.interleaved = interleaved;
    return e.replaceRoot(e.add(ir::Op::of(op), {x, cosine, sine}), "is a rotary embedding");
}

// x * cos + (-second(x) beside first(x)) * sin => rotary_embedding(x, cos, sin)
struct ByRotation final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum).in(pw(PointwiseFn::prod, "a"), pw(PointwiseFn::prod, "b"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        for (const auto& [plain, turned] : {std::pair("a", "b"), {"b", "a"}}) {
            const std::vector<ir::ValueId> in = e.producer(m[turned])->inputs;
            for (size_t i : {0u, 1u}) {
                Pairs p;
                if (!readPairs(e, in[i], p)) continue;
                const auto w = wholeOf(e, p.second, 0, p.interleaved);
                if (!w || !negated(e, p, *w) || !e.isSingle(m[turned])) continue;
                for (ir::ValueId x : std::vector<ir::ValueId>(e.producer(m[plain])->inputs)) {
                    const ir::ValueId cosine =
                        isWhole(e, x, *w) ? timesOf(e, m[plain], x) : ir::kNoValue;
                    if (cosine != ir::kNoValue)
                        return turn(e, x, cosine, in[1 - i], w->features(), p.interleaved);
                }
            }
        }
        return no("");
    }

private:
    static bool negated(Edit& e, const Pairs& p, const Whole& w) {
        return pointwiseOf(e.graph(), p.first, PointwiseFn::neg) &&
               wholeOf(e, e.producer(p.first)->inputs[0], 1, p.interleaved) == w;
    }
};

// (p * cos - q * sin) beside (q * cos + p * sin) => rotary_embedding(x, cos, sin)    p, q the
// members of x
struct ByMembers final : Rule {
    Pattern root;
    explicit ByMembers(Pattern root) : root(std::move(root)) {}
    Pattern pattern() const override { return root; }
    Outcome apply(Edit& e, const Match&) const override {
        Pairs y;
        if (!readPairs(e, e.root().outputs[0], y)) return no("");
        if (!pointwiseOf(e.graph(), y.first, PointwiseFn::sub) ||
            !pointwiseOf(e.graph(), y.second, PointwiseFn::sum))
            return no("");
        const std::vector<ir::ValueId> minus = e.producer(y.first)->inputs,
                                       plus = e.producer(y.second)->inputs;
        if (!pointwiseOf(e.graph(), minus[0], PointwiseFn::prod)) return no("");
        for (ir::ValueId p : std::vector<ir::ValueId>(e.producer(minus[0])->inputs)) {
            const auto w = wholeOf(e, p, 0, y.interleaved);
            if (!w || !pointwiseOf(e.graph(), minus[1], PointwiseFn::prod)) continue;
            for (ir::ValueId q : std::vector<ir::ValueId>(e.producer(minus[1])->inputs)) {
                if (wholeOf(e, q, 1, y.interleaved) != w) continue;
                const ir::ValueId cosine = timesOf(e, minus[0], p), sine = timesOf(e, minus[1], q);
                if (cosine == ir::kNoValue || sine == ir::kNoValue) continue;
                for (size_t i : {0u, 1u})
                    if (timesOf(e, plus[i], q) == cosine && timesOf(e, plus[1 - i], p) == sine)
                        return turn(e, made(e, *w), cosine, sine, w->features() / 2, y.interleaved);
            }
        }
        return no("");
    }
};

const ByRotation byRotation;
const ByMembers byHalves(ir::op<ops::Concat>()), byNeighbours(ir::op<ops::Reshape>());

}  // namespace

BIREME_PASS(
    recognize_rotary_embedding,
    "x * cos + (-q beside p) * sin, or (p * cos - q * sin) beside (q * cos + p * sin), with "
    "p, q the halves or the neighbours of x => rotary_embedding(x, cos, sin)") {
    applyRules(run, {&byRotation, &byHalves, &byNeighbours});
}

}  // namespace bireme::passes
