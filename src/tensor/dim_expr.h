// SPDX-License-Identifier: Apache-2.0
// The representation behind Dim; only src/tensor/dim*.cpp include it.
#pragma once

#include "tensor/dim.h"

namespace bireme::dim_detail {

// A symbol or a non-polynomial function of two dims. `key` is its text and decides order and
// equality.
struct Atom {
    DimOp op = DimOp::symbol;
    std::string key;
    Dim a, b;
    int depth = 0;  // functions inside one another, this one among them
};
using AtomPtr = std::shared_ptr<const Atom>;

struct Term {
    int64_t coefficient = 0;
    std::vector<AtomPtr> factors;  // sorted by key; empty for the constant term
    std::string key() const;
};

// A sum of terms, sorted by key with the constant last; never empty, never a lone number.
struct Expr {
    std::vector<Term> terms;
    std::string text;
    static const Expr* of(const Dim& d) { return d.expr_.get(); }
};

std::vector<Term> termsOf(const Dim& d);
Dim fromTerms(std::vector<Term> terms);
Dim fromAtom(DimOp op, const Dim& a, const Dim& b);
const char* opName(DimOp op);
int64_t applyOp(DimOp op, int64_t a,
                int64_t b);  // throws Error for a broadcast that can't be, or a division by 0

}  // namespace bireme::dim_detail
