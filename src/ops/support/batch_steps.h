// SPDX-License-Identifier: Apache-2.0
// Which matrices of two broadcast operands make which matrix of their product.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::ops {

// a [...,rows,inner] times b [...,inner,columns], leading dims 1-or-n, all of one rank.
struct BatchSteps {
    int64_t rows, inner, columns;

    BatchSteps(const std::vector<int64_t>& a, const std::vector<int64_t>& b,
               const std::vector<int64_t>& y)
        : rows(a[a.size() - 2]), inner(a.back()), columns(b.back()) {
        int64_t stepA = 1, stepB = 1;
        for (size_t d = y.size() - 2; d-- > 0;) {
            places_.push_back({y[d], a[d] == 1 ? 0 : stepA, b[d] == 1 ? 0 : stepB});
            stepA *= a[d], stepB *= b[d], count_ *= y[d];
        }
    }
    int64_t count() const { return count_; }  // of matrices in the product
    int64_t left(int64_t t) const { return at(t, &Place::a); }
    int64_t right(int64_t t) const { return at(t, &Place::b); }

private:
    struct Place {
        int64_t extent, a, b;
    };
    int64_t at(int64_t t, int64_t Place::*step) const {
        int64_t place = 0;
        for (const Place& p : places_) place += t % p.extent * (p.*step), t /= p.extent;
        return place;
    }
    std::vector<Place> places_;  // last dim first
    int64_t count_ = 1;
};

}  // namespace bireme::ops
