// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// Can `to` hold every value of `from`?
bool isLossless(DataType from, DataType to) {
    if (from == to || from == DataType::kBOOL) return true;
    if (isReal(from) && isReal(to))
        return to == DataType::kDOUBLE || (to == DataType::kFLOAT && from != DataType::kDOUBLE);
    if (isInteger(from) && isInteger(to)) {
        if (to == DataType::kINT64) return from != DataType::kUINT64;
        return to == DataType::kINT32 && bits(from) < 32;
    }
    return false;
}

// cast<b>(cast<a>(x)) => cast<b>(x) where a holds every value of x
struct MergeCasts final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::cast).in(pw(PointwiseFn::cast, "inner").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        DataType from = e.desc(m["x"]).type, middle = e.desc(m["inner"]).type;
        if (!isLossless(from, middle))
            return no(
                cat("the cast before it to ", name(middle), " may change values of ", name(from)));
        ir::Op op = e.root().op;
        return e.replaceRoot(e.add(op, {m["x"]}), "casts merged");
    }
};

const MergeCasts mergeCasts;

}  // namespace

BIREME_PASS(merge_casts, "cast<b>(cast<a>(x)) => cast<b>(x) where a holds every value of x") {
    applyRules(run, {&mergeCasts});
}

}  // namespace bireme::passes
