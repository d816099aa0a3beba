// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "base/text.h"
#include "tensor/dim.h"
#include "tensor/dim_expr.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

namespace bireme {

using namespace dim_detail;

// What was found for atoms: expressions share them, so that a walk without would take every path.
template <typename T>
using Seen = std::unordered_map<const Atom*, T>;

static std::optional<int64_t> evalAll(const Dim& d, const Dim::Values& values,
                                      Seen<std::optional<int64_t>>& seen);

static std::optional<int64_t> evalAtom(const Atom& f, const Dim::Values& values,
                                       Seen<std::optional<int64_t>>& seen) {
    if (f.op == DimOp::symbol) {
        auto it = values.find(f.key);
        return it == values.end() ? std::nullopt : std::optional(it->second);
    }
    if (auto it = seen.find(&f); it != seen.end()) return it->second;
    auto a = evalAll(f.a, values, seen), b = evalAll(f.b, values, seen);
    std::optional<int64_t> v;
    if (a && b) v = applyOp(f.op, *a, *b);
    return seen[&f] = v;
}

static std::optional<int64_t> evalAll(const Dim& d, const Dim::Values& values,
                                      Seen<std::optional<int64_t>>& seen) {
    if (d.isStatic()) return d.value();
    int64_t sum = 0;
    for (const auto& t : Expr::of(d)->terms) {
        int64_t product = t.coefficient;
        for (const auto& f : t.factors) {
            auto v = evalAtom(*f, values, seen);
            if (!v) return std::nullopt;
            if (__builtin_mul_overflow(product, *v, &product))
                failInvalid(cat("dimension ", d.text(), " overflows"));
        }
        if (__builtin_add_overflow(sum, product, &sum))
            failInvalid(cat("dimension ", d.text(), " overflows"));
    }
    return sum;
}

std::optional<int64_t> Dim::eval(const Values& values) const {
    Seen<std::optional<int64_t>> seen;
    return evalAll(*this, values, seen);
}

static int64_t clampedMul(int64_t a, int64_t b) {
    int64_t r;
    if (!__builtin_mul_overflow(a, b, &r)) return r;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

static int64_t clampedAdd(int64_t a, int64_t b) {
    int64_t r;
    if (!__builtin_add_overflow(a, b, &r)) return r;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

static DimRange product(DimRange x, DimRange y) {
    int64_t c[] = {clampedMul(x.min, y.min), clampedMul(x.min, y.max), clampedMul(x.max, y.min),
                   clampedMul(x.max, y.max)};
    return {*std::min_element(c, c + 4), *std::max_element(c, c + 4)};
}

using Ranges = std::map<std::string, DimRange, std::less<>>;

static DimRange rangeOf(const Dim& d, const Ranges& symbols, Seen<DimRange>& seen);

static DimRange atomRange(const Atom& f, const Ranges& symbols, Seen<DimRange>& seen) {
    if (f.op == DimOp::symbol) {
        auto it = symbols.find(f.key);
        return it == symbols.end() ? DimRange{} : it->second;
    }
    if (auto it = seen.find(&f); it != seen.end()) return it->second;
    const DimRange a = rangeOf(f.a, symbols, seen), b = rangeOf(f.b, symbols, seen);
    DimRange r{0, 1};
    switch (f.op) {
        case DimOp::floorDiv:
            r = {INT64_MIN, INT64_MAX};
            if (b.min > 0)
                r = {applyOp(f.op, a.min, a.min < 0 ? b.min : b.max),
                     applyOp(f.op, a.max, a.max < 0 ? b.max : b.min)};
            break;
        case DimOp::max:
        case DimOp::broadcast: r = {std::max(a.min, b.min), std::max(a.max, b.max)}; break;
        case DimOp::min: r = {std::min(a.min, b.min), std::min(a.max, b.max)}; break;
        default: break;
    }
    return seen[&f] = r;
}

static DimRange rangeOf(const Dim& d, const Ranges& symbols, Seen<DimRange>& seen) {
    if (d.isStatic()) return {d.value(), d.value()};
    DimRange sum{0, 0};
    for (const auto& t : Expr::of(d)->terms) {
        DimRange p{t.coefficient, t.coefficient};
        for (const auto& f : t.factors) p = product(p, atomRange(*f, symbols, seen));
        sum = {clampedAdd(sum.min, p.min), clampedAdd(sum.max, p.max)};
    }
    return sum;
}

DimRange Dim::range(const Ranges& symbols) const {
    Seen<DimRange> seen;
    return rangeOf(*this, symbols, seen);
}

static Dim apply(DimOp op, const Dim& a, const Dim& b) {
    switch (op) {
        case DimOp::floorDiv: return floorDiv(a, b);
        case DimOp::max: return max(a, b);
        case DimOp::min: return min(a, b);
        case DimOp::equal: return equal(a, b);
        case DimOp::less: return less(a, b);
        default: return broadcast(a, b);
    }
}

namespace {

// Expressions whose atoms are replaced; what nothing changes in stays the same object, with the
// same atoms.
class Rewriter {
public:
    virtual ~Rewriter() = default;

    Dim of(const Dim& d) {
        if (d.isStatic()) return d;
        bool changed = false;
        for (const auto& t : Expr::of(d)->terms)
            for (const auto& f : t.factors) changed = ofAtom(*f).has_value() || changed;
        if (!changed) return d;
        Dim sum(0);
        for (const auto& t : Expr::of(d)->terms) {
            Dim p(t.coefficient);
            for (const auto& f : t.factors) {
                const auto& replaced = ofAtom(*f);
                p *= replaced ? *replaced : same(*f);
            }
            sum += p;
        }
        return sum;
    }

protected:
    // What the symbol is replaced by; nothing leaves it.
    virtual std::optional<Dim> symbol(const Atom& f) = 0;
    // The function `op` of rewritten operands where it is not the function itself.
    virtual std::optional<Dim> decided(DimOp op, const Dim& a, const Dim& b) = 0;

private:
    const std::optional<Dim>& ofAtom(const Atom& f) {
        if (auto it = seen_.find(&f); it != seen_.end()) return it->second;
        if (f.op == DimOp::symbol) return seen_[&f] = symbol(f);
        const Dim a = of(f.a), b = of(f.b);
        kept_.push_back(a), kept_.push_back(b);  // `decided` remembers their atoms
        std::optional<Dim> r = decided(f.op, a, b);
        const bool untouched = Expr::of(a) == Expr::of(f.a) && Expr::of(b) == Expr::of(f.b);
        if (!r && !untouched) r = apply(f.op, a, b);
        return seen_[&f] = std::move(r);
    }
    static Dim same(const Atom& f) {
        return f.op == DimOp::symbol ? Dim::symbol(f.key) : apply(f.op, f.a, f.b);
    }
    Seen<std::optional<Dim>> seen_;
    std::vector<Dim> kept_;
};

class Simplifier final : public Rewriter {
public:
    explicit Simplifier(const Ranges& symbols) : symbols_(symbols) {}

private:
    std::optional<Dim> symbol(const Atom& /*f*/) override { return std::nullopt; }
    std::optional<Dim> decided(DimOp op, const Dim& a, const Dim& b) override {
        if (op != DimOp::min && op != DimOp::max) return std::nullopt;
        const DimRange x = rangeOf(a, symbols_, seen_), y = rangeOf(b, symbols_, seen_);
        const bool below = x.max <= y.min, above = x.min >= y.max;
        if (!below && !above) return std::nullopt;
        return (op == DimOp::min) == below ? a : b;
    }
    const Ranges& symbols_;
    Seen<DimRange> seen_;
};

class Substitution final : public Rewriter {
public:
    explicit Substitution(const std::map<std::string, Dim, std::less<>>& symbols)
        : symbols_(symbols) {}

private:
    std::optional<Dim> symbol(const Atom& f) override {
        auto it = symbols_.find(f.key);
        return it == symbols_.end() ? std::nullopt : std::optional(it->second);
    }
    std::optional<Dim> decided(DimOp, const Dim&, const Dim&) override { return std::nullopt; }
    const std::map<std::string, Dim, std::less<>>& symbols_;
};

}  // namespace

Dim Dim::simplified(const Ranges& symbols) const { return Simplifier(symbols).of(*this); }

Dim Dim::substitute(const std::map<std::string, Dim, std::less<>>& symbols) const {
    return Substitution(symbols).of(*this);
}

static void collect(const Dim& d, std::vector<std::string>& names, Seen<bool>& seen) {
    if (d.isStatic()) return;
    for (const auto& t : Expr::of(d)->terms) {
        for (const auto& f : t.factors) {
            if (!seen.emplace(f.get(), true).second) continue;
            if (f->op != DimOp::symbol) {
                collect(f->a, names, seen);
                collect(f->b, names, seen);
            } else if (std::find(names.begin(), names.end(), f->key) == names.end()) {
                names.push_back(f->key);
            }
        }
    }
}

void Dim::collectSymbols(std::vector<std::string>& names) const {
    Seen<bool> seen;
    collect(*this, names, seen);
}

static bool wordChar(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '/' ||
           c == ':' || c == '#' || c == '@' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

std::string symbolName(std::string_view anyText) {
    std::string s;
    for (char c : anyText) s += wordChar(c) ? c : '_';
    if (s.find_first_not_of("0123456789") == std::string::npos) s.insert(0, "_");
    return s;
}

namespace {
// Recursive descent over text(): sum := product (('+'|'-') product)*; product := factor ('*'
// factor)*.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Dim parse() {
        Dim d = sum();
        if (at_ != text_.size()) bad();
        return d;
    }

private:
    [[noreturn]] void bad() { failInvalid(cat("cannot read \"", text_, "\" as a dimension")); }
    bool take(char c) {
        if (at_ < text_.size() && text_[at_] == c) return ++at_, true;
        return false;
    }
    Dim sum() {
        if (++depth_ > 200) bad();
        Dim d = take('-') ? Dim(-1) * product() : product();
        while (at_ < text_.size()) {
            if (take('+'))
                d += product();
            else if (take('-'))
                d = d - product();
            else
                break;
        }
        --depth_;
        return d;
    }
    Dim product() {
        Dim d = factor();
        while (take('*')) d *= factor();
        return d;
    }
    Dim factor() {
        size_t begin = at_;
        while (at_ < text_.size() && wordChar(text_[at_])) ++at_;
        std::string_view word = text_.substr(begin, at_ - begin);
        if (word.empty()) bad();
        if (word.find_first_not_of("0123456789") == std::string_view::npos) {
            if (word.size() > 18) bad();
            return Dim(static_cast<int64_t>(std::stoll(std::string(word))));
        }
        if (!take('(')) return Dim::symbol(word);
        for (int op = 1; op <= static_cast<int>(DimOp::broadcast); ++op) {
            if (word != opName(static_cast<DimOp>(op))) continue;
            Dim a = sum();
            if (!take(',')) bad();
            Dim b = sum();
            if (!take(')')) bad();
            return apply(static_cast<DimOp>(op), a, b);
        }
        bad();
    }

    std::string_view text_;
    size_t at_ = 0;
    int depth_ = 0;
};
}  // namespace

Dim Dim::parse(std::string_view text) { return Parser(text).parse(); }

}  // namespace bireme
