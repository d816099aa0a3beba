// SPDX-License-Identifier: Apache-2.0
#include "ops/support/symbolic_elements.h"

namespace bireme::ops {

bool isNonNegative(const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    std::map<std::string, DimRange, std::less<>> ranges;
    for (const auto& n : names)  // elements of host values, unlike extents, may have any sign
        ranges[n] = n[0] == '@' ? DimRange{INT64_MIN, INT64_MAX} : DimRange{0, INT64_MAX};
    return d.range(ranges).min >= 0;
}

Dim truncatingDiv(const Dim& a, const Dim& b) {
    if (b.isStatic() && b.value() < 0) return Dim(-1) * truncatingDiv(a, Dim(0) - b);
    if (isNonNegative(a)) return floorDiv(a, b);
    if (isNonNegative(Dim(-1) * a)) return Dim(-1) * floorDiv(Dim(-1) * a, b);
    Dim negative = less(a, Dim(0));
    return (Dim(1) - negative) * floorDiv(a, b) - negative * floorDiv(Dim(-1) * a, b);
}

// a >= b for all values of the symbols.
static bool isAtLeast(const Dim& a, const Dim& b) { return isNonNegative(a - b); }

static Dim larger(const Dim& a, const Dim& b) {
    return isAtLeast(a, b) ? a : isAtLeast(b, a) ? b : max(a, b);
}
static Dim smaller(const Dim& a, const Dim& b) {
    return isAtLeast(a, b) ? b : isAtLeast(b, a) ? a : min(a, b);
}
static Dim isLess(const Dim& a, const Dim& b) {
    if (isAtLeast(a, b)) return Dim(0);
    return isAtLeast(b, a + Dim(1)) ? Dim(1) : less(a, b);
}
static Dim isEqual(const Dim& a, const Dim& b) {
    bool apart = isAtLeast(a, b + Dim(1)) || isAtLeast(b, a + Dim(1));
    return apart ? Dim(0) : equal(a, b);
}

static Dim absolute(const Dim& a) { return larger(a, Dim(-1) * a); }
static Dim truth(const Dim& a) { return Dim(1) - isEqual(a, Dim(0)); }
static Dim choose(const Dim& condition, const Dim& yes, const Dim& no) {
    if (condition.isStatic()) return condition.value() ? yes : no;
    return condition * yes + (Dim(1) - condition) * no;
}

static std::optional<Dim> unary(const Pointwise& op, const Dim& a) {
    switch (op.fn) {
        case PointwiseFn::copy:
        case PointwiseFn::ceil:
        case PointwiseFn::floor:
        case PointwiseFn::round: return a;
        case PointwiseFn::cast: return op.to == DataType::kBOOL ? truth(a) : a;
        case PointwiseFn::neg: return Dim(-1) * a;
        case PointwiseFn::abs: return absolute(a);
        case PointwiseFn::relu: return larger(a, Dim(0));
        case PointwiseFn::sign: return isLess(Dim(0), a) - isLess(a, Dim(0));
        case PointwiseFn::logical_not: return isEqual(a, Dim(0));
        default: return std::nullopt;
    }
}

static std::optional<Dim> binary(PointwiseFn fn, const Dim& a, const Dim& b) {
    bool positive = b.isStatic() ? b.value() > 0 : isNonNegative(b);
    switch (fn) {
        case PointwiseFn::sum: return a + b;
        case PointwiseFn::sub: return a - b;
        case PointwiseFn::prod: return a * b;
        case PointwiseFn::max: return larger(a, b);
        case PointwiseFn::min: return smaller(a, b);
        case PointwiseFn::equal: return isEqual(a, b);
        case PointwiseFn::less: return isLess(a, b);
        case PointwiseFn::greater: return isLess(b, a);
        case PointwiseFn::less_equal: return Dim(1) - isLess(b, a);
        case PointwiseFn::greater_equal: return Dim(1) - isLess(a, b);
        case PointwiseFn::logical_and: return a * b;
        case PointwiseFn::logical_or: return a + b - a * b;
        case PointwiseFn::logical_xor: return a + b - Dim(2) * a * b;
        case PointwiseFn::div:
            if (b.isStatic() ? b.is(0) : !positive) return std::nullopt;
            return truncatingDiv(a, b);
        case PointwiseFn::floor_div:
            if (!positive) return std::nullopt;
            return floorDiv(a, b);
        case PointwiseFn::mod:
            if (!positive) return std::nullopt;
            return a - b * floorDiv(a, b);
        case PointwiseFn::fmod:
            if (!positive) return std::nullopt;
            return a - b * truncatingDiv(a, b);
        default: return std::nullopt;
    }
}

std::optional<Dim> applyToDims(const Pointwise& op, const Dim& a, const Dim& b, const Dim& c) {
    if (op.fn == PointwiseFn::select) return choose(a, b, c);
    int n = arity(op.fn);
    bool exact = op.fn != PointwiseFn::cast && op.fn != PointwiseFn::clip;
    if (exact && a.isStatic() && (n < 2 || b.isStatic()))
        return Dim(applyPointwise<int64_t>(op.fn, a.value(), b.value(), 0, 0, 0));
    return n == 1 ? unary(op, a) : binary(op.fn, a, b);
}

}  // namespace bireme::ops
