// SPDX-License-Identifier: Apache-2.0
#include "tensor/dim.h"

#include "base/status.h"
#include "base/text.h"
#include "tensor/dim_expr.h"

#include <algorithm>

namespace bireme {

Dim makeDim(std::shared_ptr<const dim_detail::Expr> e) {
    Dim d;
    d.expr_ = std::move(e);
    return d;
}

namespace dim_detail {

static int64_t checkedAdd(int64_t a, int64_t b) {
    int64_t r;
    if (__builtin_add_overflow(a, b, &r)) failInvalid(cat("a dimension overflows: ", a, " + ", b));
    return r;
}

static int64_t checkedMul(int64_t a, int64_t b) {
    int64_t r;
    if (__builtin_mul_overflow(a, b, &r)) failInvalid(cat("a dimension overflows: ", a, " * ", b));
    return r;
}

std::string Term::key() const {
    std::string k;
    for (const auto& f : factors) {
        if (!k.empty()) k += '*';
        k += f->key;
    }
    return k;
}

const char* opName(DimOp op) {
    static const char* const names[] = {"symbol", "floordiv", "max",      "min",
                                        "equal",  "less",     "broadcast"};
    return names[static_cast<int>(op)];
}

int64_t applyOp(DimOp op, int64_t a, int64_t b) {
    switch (op) {
        case DimOp::floorDiv: {
            if (b == 0) failInvalid("division by zero in a dimension");
            if (b == -1) return checkedMul(a, b);
            int64_t q = a / b;
            return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
        }
        case DimOp::max: return std::max(a, b);
        case DimOp::min: return std::min(a, b);
        case DimOp::equal: return a == b;
        case DimOp::less: return a < b;
        case DimOp::broadcast:
            if (a == b || b == 1) return a;
            if (a == 1) return b;
            failInvalid(cat("dimensions ", a, " and ", b, " cannot be broadcast"));
        case DimOp::symbol: break;
    }
    BIREME_ASSERT(!"operator of a dimension");
    return 0;
}

// Texts spell out what expressions share, so that a network may double them layer by layer; and
// what is read back is read by a function that calls itself.
constexpr size_t kMaxText = 1 << 20;
constexpr int kMaxDepth = 128;

static void refuseLonger(size_t length, const std::string& begin) {
    if (length > kMaxText)
        failInvalid(cat("a dimension becomes an expression of more than ", kMaxText,
                        " characters: ", begin.substr(0, 60), "..."));
}

static int depthOf(const Dim& d) {
    int depth = 0;
    if (const Expr* e = Expr::of(d))
        for (const Term& t : e->terms)
            for (const AtomPtr& f : t.factors) depth = std::max(depth, f->depth);
    return depth;
}

static std::string textOf(const std::vector<Term>& terms) {
    std::string s;
    for (const auto& t : terms) {
        if (!s.empty() && t.coefficient >= 0) s += '+';
        if (t.factors.empty())
            s += std::to_string(t.coefficient);
        else if (t.coefficient == 1)
            s += t.key();
        else if (t.coefficient == -1)
            s += '-' + t.key();
        else
            s += std::to_string(t.coefficient) + '*' + t.key();
    }
    return s;
}

std::vector<Term> termsOf(const Dim& d) {
    if (const Expr* e = Expr::of(d)) return e->terms;
    if (d.value() == 0) return {};
    return {Term{d.value(), {}}};
}

Dim fromTerms(std::vector<Term> terms) {
    std::map<std::string, Term> merged;  // "" (the constant) sorts first and is moved last
    for (auto& t : terms) {
        std::string key = t.key();
        auto [it, fresh] = merged.try_emplace(key, t);
        if (!fresh) it->second.coefficient = checkedAdd(it->second.coefficient, t.coefficient);
    }
    std::vector<Term> out;
    int64_t constant = 0;
    for (auto& [key, t] : merged) {
        if (key.empty())
            constant = t.coefficient;
        else if (t.coefficient != 0)
            out.push_back(std::move(t));
    }
    if (out.empty()) return Dim(constant);
    if (constant != 0) out.push_back(Term{constant, {}});
    auto e = std::make_shared<Expr>();
    e->text = textOf(out);
    refuseLonger(e->text.size(), e->text);
    e->terms = std::move(out);
    return makeDim(std::move(e));
}

Dim fromAtom(DimOp op, const Dim& a, const Dim& b) {
    auto atom = std::make_shared<Atom>();
    atom->op = op;
    atom->a = a;
    atom->b = b;
    atom->depth = 1 + std::max(depthOf(a), depthOf(b));
    atom->key = cat(opName(op), "(", a.text(), ",", b.text(), ")");
    if (atom->depth > kMaxDepth)
        failInvalid(cat("a dimension becomes an expression of more than ", kMaxDepth,
                        " functions inside one another: ", atom->key.substr(0, 60), "..."));
    return fromTerms({Term{1, {atom}}});
}

}  // namespace dim_detail

using namespace dim_detail;

constexpr size_t kMaxTerms = 4096;  // a product of sums of hostile text could take all memory

Dim Dim::symbol(std::string_view name) {
    auto atom = std::make_shared<Atom>();
    atom->key = std::string(name);
    return fromTerms({Term{1, {atom}}});
}

bool Dim::isSymbol() const {
    if (!expr_ || expr_->terms.size() != 1) return false;
    const Term& t = expr_->terms[0];
    return t.coefficient == 1 && t.factors.size() == 1 && t.factors[0]->op == DimOp::symbol;
}

std::string Dim::text() const { return expr_ ? expr_->text : std::to_string(value_); }

bool Dim::operator==(const Dim& o) const {
    if (isStatic() || o.isStatic()) return isStatic() && o.isStatic() && value_ == o.value_;
    return expr_ == o.expr_ || expr_->text == o.expr_->text;
}

Dim operator+(const Dim& a, const Dim& b) {
    if (a.isStatic() && b.isStatic()) return Dim(checkedAdd(a.value_, b.value_));
    auto terms = termsOf(a);
    auto more = termsOf(b);
    terms.insert(terms.end(), more.begin(), more.end());
    return fromTerms(std::move(terms));
}

Dim operator*(const Dim& a, const Dim& b) {
    if (a.isStatic() && b.isStatic()) return Dim(checkedMul(a.value_, b.value_));
    std::vector<Term> out;
    if (termsOf(a).size() * termsOf(b).size() > kMaxTerms)
        failInvalid(cat("dimension (", a.text(), ")*(", b.text(), ") is too long"));
    for (const auto& x : termsOf(a)) {
        for (const auto& y : termsOf(b)) {
            Term t{checkedMul(x.coefficient, y.coefficient), x.factors};
            t.factors.insert(t.factors.end(), y.factors.begin(), y.factors.end());
            std::sort(t.factors.begin(), t.factors.end(),
                      [](const AtomPtr& p, const AtomPtr& q) { return p->key < q->key; });
            out.push_back(std::move(t));
        }
    }
    return fromTerms(std::move(out));
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

// Exact quotient when every term of `a` holds the lone term `b`.
static std::optional<Dim> exactQuotient(const Dim& a, const Term& b) {
    std::vector<Term> out;
    for (const auto& t : termsOf(a)) {
        if (t.coefficient == INT64_MIN || t.coefficient % b.coefficient != 0) return std::nullopt;
        Term q{t.coefficient / b.coefficient, t.factors};
        for (const auto& f : b.factors) {
            auto it = std::find_if(q.factors.begin(), q.factors.end(),
                                   [&](const AtomPtr& p) { return p->key == f->key; });
            if (it == q.factors.end()) return std::nullopt;
            q.factors.erase(it);
        }
        out.push_back(std::move(q));
    }
    return fromTerms(std::move(out));
}

// a - c * floor(a / c) for positive c.
static int64_t applyModulo(int64_t a, int64_t c) { return a % c < 0 ? a % c + c : a % c; }

// floor(a / c) for a positive number c, with whole multiples of c taken out and nested floors
// joined.
static Dim floorDivByNumber(const Dim& a, int64_t c) {
    std::vector<Term> whole, rest;
    for (const auto& t : termsOf(a)) {
        int64_t q = applyOp(DimOp::floorDiv, t.coefficient, c);
        bool numeric = t.factors.empty();
        if (t.coefficient % c == 0 || numeric) {
            if (q != 0) whole.push_back({q, t.factors});
            int64_t left = applyModulo(t.coefficient, c);
            if (left != 0) rest.push_back({left, t.factors});
        } else {
            rest.push_back(t);
        }
    }
    Dim remainder = fromTerms(rest);
    if (remainder.isStatic())
        return fromTerms(whole) + Dim(applyOp(DimOp::floorDiv, remainder.value(), c));
    auto terms = termsOf(remainder);
    const Term& first = terms[0];
    bool nested = terms.size() <= 2 && first.coefficient == 1 && first.factors.size() == 1 &&
                  first.factors[0]->op == DimOp::floorDiv && first.factors[0]->b.isStatic() &&
                  first.factors[0]->b.value() > 0 &&
                  (terms.size() == 1 || terms[1].factors.empty());
    if (nested) {  // floor((floor(x / m) + k) / c) = floor((x + k m) / (m c))
        int64_t m = first.factors[0]->b.value();
        int64_t k = terms.size() == 2 ? terms[1].coefficient : 0;
        int64_t km, mc;
        if (!__builtin_mul_overflow(k, m, &km) && !__builtin_mul_overflow(m, c, &mc))
            return fromTerms(whole) + floorDivByNumber(first.factors[0]->a + Dim(km), mc);
    }
    return fromTerms(whole) + fromAtom(DimOp::floorDiv, remainder, Dim(c));
}

Dim floorDiv(const Dim& a, const Dim& b) {
    if (b.is(1)) return a;
    if (a.isStatic() && b.isStatic()) return Dim(applyOp(DimOp::floorDiv, a.value(), b.value()));
    if (a == b) return Dim(1);
    if (b.isStatic() && b.value() > 0) return floorDivByNumber(a, b.value());
    auto terms = termsOf(b);
    if (terms.size() == 1 && !(a.isStatic() && a.value() == 0))
        if (auto q = exactQuotient(a, terms[0])) return *q;
    return fromAtom(DimOp::floorDiv, a, b);
}

Dim ceilDiv(const Dim& a, const Dim& b) { return floorDiv(a + b - Dim(1), b); }

static Dim ordered(DimOp op, const Dim& a, const Dim& b) {
    if (a.isStatic() && b.isStatic()) return Dim(applyOp(op, a.value(), b.value()));
    bool swap = b.text() < a.text();
    return fromAtom(op, swap ? b : a, swap ? a : b);
}

Dim max(const Dim& a, const Dim& b) {
    if (a == b) return a;
    Dim d = a - b;
    if (d.isStatic()) return d.value() > 0 ? a : b;
    return ordered(DimOp::max, a, b);
}

Dim min(const Dim& a, const Dim& b) {
    if (a == b) return a;
    Dim d = a - b;
    if (d.isStatic()) return d.value() < 0 ? a : b;
    return ordered(DimOp::min, a, b);
}

Dim equal(const Dim& a, const Dim& b) {
    Dim d = a - b;
    if (d.isStatic()) return Dim(d.value() == 0);
    return ordered(DimOp::equal, a, b);
}

Dim less(const Dim& a, const Dim& b) {
    Dim d = a - b;
    if (d.isStatic()) return Dim(d.value() < 0);
    return fromAtom(DimOp::less, a, b);
}

Dim broadcast(const Dim& a, const Dim& b) {
    if (a == b || b.is(1)) return a;
    if (a.is(1)) return b;
    // A number above 1 decides: the other side is that number or 1, checked when bound.
    if (a.isStatic() && b.isStatic()) return Dim(applyOp(DimOp::broadcast, a.value(), b.value()));
    return ordered(DimOp::broadcast, a, b);
}

Dim volume(const DimVector& dims) {
    Dim v(1);
    for (const auto& d : dims) v *= d;
    return v;
}

bool allStatic(const DimVector& dims) {
    return std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.isStatic(); });
}

std::vector<int64_t> staticValues(const DimVector& dims) {
    std::vector<int64_t> out;
    for (const auto& d : dims) {
        BIREME_ASSERT(d.isStatic());
        out.push_back(d.value());
    }
    return out;
}

DimVector toDims(const std::vector<int64_t>& v) { return DimVector(v.begin(), v.end()); }

std::string text(const DimVector& dims) {
    std::string s = "[";
    for (size_t i = 0; i < dims.size(); ++i) s += (i ? "," : "") + dims[i].text();
    return s + "]";
}

}  // namespace bireme
