// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// Is the broadcast of a and b no larger than the larger of them?
bool mergesCompactly(const Edit& e, ir::ValueId a, ir::ValueId b) {
    const DimVector &x = e.desc(a).dims, &y = e.desc(b).dims;
    size_t rank = std::max(x.size(), y.size());
    int64_t volumeX = volume(x).valueOr(0), volumeY = volume(y).valueOr(0), merged = 1;
    for (size_t i = 0; i < rank; ++i) {
        int64_t p = i < x.size() ? x[x.size() - 1 - i].valueOr(1) : 1,
                q = i < y.size() ? y[y.size() - 1 - i].valueOr(1) : 1;
        if (p != q && p != 1 && q != 1) return false;
        merged *= p == 1 ? q : p;
    }
    return merged <= std::max(volumeX, volumeY);
}

// x * a * b => x * (a * b), x + a + b => x + (a + b)
struct Merge final : Rule {
    PointwiseFn fn;
    explicit Merge(PointwiseFn fn) : fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(pw(fn, "inner").in(ir::any("x"), ir::constant("a")), ir::constant("b"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.isConstant(m["x"])) return no("");
        if (!e.isSingle(m["inner"]))
            return no("the tensor between both constants has other readers");
        if (!mergesCompactly(e, m["a"], m["b"]))
            return no("both constants together are larger than each of them");
        ir::ValueId both = e.add(pointwiseOp(fn), {m["a"], m["b"]});
        return e.replaceRoot(e.add(pointwiseOp(fn), {m["x"], both}), "constants merged");
    }
};

// (x * a + b) * c => x * (a * c) + b * c
struct MergeAffine final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod)
            .in(pw(PointwiseFn::sum)
                    .single()
                    .in(pw(PointwiseFn::prod).single().in(ir::any("x"), ir::constant("a")),
                        ir::constant("b")),
                ir::constant("c"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.isConstant(m["x"])) return no("");
        if (!mergesCompactly(e, m["a"], m["c"]) || !mergesCompactly(e, m["b"], m["c"]))
            return no("the constants together are larger than each of them");
        ir::Op times = pointwiseOp(PointwiseFn::prod);
        ir::ValueId scaled = e.add(times, {m["x"], e.add(times, {m["a"], m["c"]})});
        return e.replaceRoot(
            e.add(pointwiseOp(PointwiseFn::sum), {scaled, e.add(times, {m["b"], m["c"]})}),
            "an affine function of an affine function merged");
    }
};

const Merge mergeProducts(PointwiseFn::prod);
const Merge mergeSums(PointwiseFn::sum);
const MergeAffine mergeAffine;

}  // namespace

BIREME_PASS(merge_pointwise_constants,
            "x * a * b => x * (a * b), x + a + b => x + (a + b), "
            "(x * a + b) * c => x * (a * c) + b * c") {
    applyRules(run, {&mergeProducts, &mergeSums, &mergeAffine});
}

}  // namespace bireme::passes
