// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "base/text.h"
#include "tensor/dim.h"
#include "tensor/dim_expr.h"

#include <algorithm>
#include <cctype>

namespace bireme {

using namespace dim_detail;

std::optional<int64_t> Dim::eval(const Values& values) const {
    if (isStatic()) return value_;
    int64_t sum = 0;
    for (const auto& t : expr_->terms) {
        int64_t product = t.coefficient;
        for (const auto& f : t.factors) {
            int64_t v;
            if (f->op == DimOp::symbol) {
                auto it = values.find(f->key);
                if (it == values.end()) return std::nullopt;
                v = it->second;
            } else {
                auto a = f->a.eval(values), b = f->b.eval(values);
                if (!a || !b) return std::nullopt;
                v = applyOp(f->op, *a, *b);
            }
            if (__builtin_mul_overflow(product, v, &product))
                failInvalid(cat("dimension ", text(), " overflows"));
        }
        if (__builtin_add_overflow(sum, product, &sum))
            failInvalid(cat("dimension ", text(), " overflows"));
    }
    return sum;
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

static DimRange atomRange(const Atom& f,
                          const std::map<std::string, DimRange, std::less<>>& symbols) {
    if (f.op == DimOp::symbol) {
        auto it = symbols.find(f.key);
        return it == symbols.end() ? DimRange{} : it->second;
    }
    DimRange a = f.a.range(symbols), b = f.b.range(symbols);
    switch (f.op) {
        case DimOp::floorDiv:
            if (b.min <= 0) return {INT64_MIN, INT64_MAX};
            return {applyOp(f.op, a.min, a.min < 0 ? b.min : b.max),
                    applyOp(f.op, a.max, a.max < 0 ? b.max : b.min)};
        case DimOp::max:
        case DimOp::broadcast: return {std::max(a.min, b.min), std::max(a.max, b.max)};
        case DimOp::min: return {std::min(a.min, b.min), std::min(a.max, b.max)};
        default: return {0, 1};
    }
}

DimRange Dim::range(const std::map<std::string, DimRange, std::less<>>& symbols) const {
    if (isStatic()) return {value_, value_};
    DimRange sum{0, 0};
    for (const auto& t : expr_->terms) {
        DimRange p{t.coefficient, t.coefficient};
        for (const auto& f : t.factors) p = product(p, atomRange(*f, symbols));
        sum = {clampedAdd(sum.min, p.min), clampedAdd(sum.max, p.max)};
    }
    return sum;
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

Dim Dim::simplified(const std::map<std::string, DimRange, std::less<>>& symbols) const {
    if (isStatic() || isSymbol()) return *this;
    Dim sum(0);
    for (const auto& t : expr_->terms) {
        Dim p(t.coefficient);
        for (const auto& f : t.factors) {
            if (f->op == DimOp::symbol) {
                p *= Dim::symbol(f->key);
                continue;
            }
            Dim a = f->a.simplified(symbols), b = f->b.simplified(symbols);
            DimRange x = a.range(symbols), y = b.range(symbols);
            bool below = x.max <= y.min, above = x.min >= y.max;
            if (f->op == DimOp::min && (below || above))
                p *= below ? a : b;
            else if (f->op == DimOp::max && (below || above))
                p *= below ? b : a;
            else
                p *= apply(f->op, a, b);
        }
        sum += p;
    }
    return sum;
}

Dim Dim::substitute(const std::map<std::string, Dim, std::less<>>& symbols) const {
    if (isStatic()) return *this;
    Dim sum(0);
    for (const auto& t : expr_->terms) {
        Dim p(t.coefficient);
        for (const auto& f : t.factors) {
            if (f->op != DimOp::symbol) {
                p *= apply(f->op, f->a.substitute(symbols), f->b.substitute(symbols));
            } else {
                auto it = symbols.find(f->key);
                p *= it == symbols.end() ? Dim::symbol(f->key) : it->second;
            }
        }
        sum += p;
    }
    return sum;
}

void Dim::collectSymbols(std::vector<std::string>& names) const {
    if (isStatic()) return;
    for (const auto& t : expr_->terms) {
        for (const auto& f : t.factors) {
            if (f->op != DimOp::symbol) {
                f->a.collectSymbols(names);
                f->b.collectSymbols(names);
            } else if (std::find(names.begin(), names.end(), f->key) == names.end()) {
                names.push_back(f->key);
            }
        }
    }
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
