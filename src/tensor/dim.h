// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bireme {

namespace dim_detail {
struct Expr;
}

enum class DimOp : uint8_t { symbol, floorDiv, max, min, equal, less, broadcast };

struct DimRange {
    int64_t min = 0;
    int64_t max = INT64_MAX;
};

// An extent or an integer of a shape computation: a number, or an expression over named symbols.
// Kept in one normal form (a polynomial over atoms), so equal texts mean equal values. A value
// type; immutable.
class Dim {
public:
    Dim(int64_t v = 0) : value_(v) {}  // NOLINT: numbers are dims
    Dim(int v) : value_(v) {}          // NOLINT
    static Dim symbol(std::string_view name);

    bool isStatic() const { return expr_ == nullptr; }
    int64_t value() const { return value_; }  // only if isStatic
    int64_t valueOr(int64_t fallback) const { return isStatic() ? value_ : fallback; }
    bool isSymbol() const;     // a lone symbol
    std::string text() const;  // "N", "2*H+1", "floordiv(H+1,2)"

    bool operator==(const Dim& o) const;
    bool is(int64_t v) const { return isStatic() && value_ == v; }

    // nullopt when `lookup` lacks a symbol.
    using Values = std::map<std::string, int64_t, std::less<>>;
    std::optional<int64_t> eval(const Values& values) const;
    DimRange range(const std::map<std::string, DimRange, std::less<>>& symbols) const;
    Dim substitute(const std::map<std::string, Dim, std::less<>>& symbols) const;
    // The same for all values within the ranges: a minimum or maximum that they decide is gone.
    Dim simplified(const std::map<std::string, DimRange, std::less<>>& symbols) const;
    void collectSymbols(std::vector<std::string>& names) const;

    friend Dim operator+(const Dim& a, const Dim& b);
    friend Dim operator-(const Dim& a, const Dim& b);
    friend Dim operator*(const Dim& a, const Dim& b);
    Dim& operator+=(const Dim& o) { return *this = *this + o; }
    Dim& operator*=(const Dim& o) { return *this = *this * o; }

    // Reads text() back; throws Error.
    static Dim parse(std::string_view text);

private:
    friend struct dim_detail::Expr;
    friend Dim makeDim(std::shared_ptr<const dim_detail::Expr> e);
    int64_t value_ = 0;
    std::shared_ptr<const dim_detail::Expr> expr_;
};

using DimVector = std::vector<Dim>;

// Any text as a legal symbol name (ONNX dim_param may hold spaces and signs).
std::string symbolName(std::string_view anyText);

Dim floorDiv(const Dim& a, const Dim& b);  // b > 0; rounds toward minus infinity
Dim ceilDiv(const Dim& a, const Dim& b);
Dim max(const Dim& a, const Dim& b);
Dim min(const Dim& a, const Dim& b);
Dim equal(const Dim& a, const Dim& b);  // 1 or 0
Dim less(const Dim& a, const Dim& b);
// Both 1-or-n: equal extents, or one of them 1. Throws Error when two numbers can't broadcast;
// with symbols the check happens when the expression is evaluated.
Dim broadcast(const Dim& a, const Dim& b);

Dim volume(const DimVector& dims);
bool allStatic(const DimVector& dims);
std::vector<int64_t> staticValues(const DimVector& dims);  // asserts allStatic
DimVector toDims(const std::vector<int64_t>& v);
std::string text(const DimVector& dims);  // "[N,3,224,224]"

}  // namespace bireme
