// SPDX-License-Identifier: Apache-2.0
#include "ops/support/symbolic_elements.h"

namespace bireme::ops {

bool isNonNegative(const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    std::map<std::string, DimRange, std::less<>> ranges;
    for (const auto& n : names) // elements of host values, unlike extents, may have any sign
        ranges[n] = n[0] == '@' ? DimRange{INT64_MIN, INT64_MAX} : DimRange{0, INT64_MAX};
    return d.range(ranges).min >= 0;
}

Dim truncatingDiv(const Dim& a, const Dim& b) {
    if (b.isStatic() && b.value() < 0) return Dim(-1) * truncatingDiv(a, Dim(-b.value()));
    if (isNonNegative(a)) return floorDiv(a, b);
    Dim negative = less(a, Dim(0));
    return (Dim(1) - negative) * floorDiv(a, b) - negative * floorDiv(Dim(-1) * a, b);
}

static Dim absolute(const Dim& a) { return isNonNegative(a) ? a : max(a, Dim(-1) * a); }
static Dim truth(const Dim& a) { return Dim(1) - equal(a, Dim(0)); }
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
    case PointwiseFn::relu: return isNonNegative(a) ? a : max(a, Dim(0));
    case PointwiseFn::sign: return less(Dim(0), a) - less(a, Dim(0));
    case PointwiseFn::logical_not: return equal(a, Dim(0));
    default: return std::nullopt;
    }
}

static std::optional<Dim> binary(PointwiseFn fn, const Dim& a, const Dim& b) {
    bool positive = b.isStatic() ? b.value() > 0 : isNonNegative(b);
    switch (fn) {
    case PointwiseFn::sum: return a + b;
    case PointwiseFn::sub: return a - b;
    case PointwiseFn::prod: return a * b;
    case PointwiseFn::max: return max(a, b);
    case PointwiseFn::min: return min(a, b);
    case PointwiseFn::equal: return equal(a, b);
    case PointwiseFn::less: return less(a, b);
    case PointwiseFn::greater: return less(b, a);
    case PointwiseFn::less_equal: return Dim(1) - less(b, a);
    case PointwiseFn::greater_equal: return Dim(1) - less(a, b);
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

} // namespace bireme::ops
