// SPDX-License-Identifier: Apache-2.0
// How far two arrays of numbers are from each other.
#pragma once

#include "tools/bireme/npy.h"

#include <cmath>
#include <cstddef>

namespace bireme::cli {

// Over all arrays that were added. NaN in both places is no difference.
struct Difference {
    double largest = 0;                       // absolute
    size_t at = 0;                            // element of the largest, in its array
    double low = INFINITY, high = -INFINITY;  // of the reference
    double dot = 0, ours2 = 0, theirs2 = 0;
    size_t rows = 0, sameTop = 0;  // along the last axis: in how many the largest is the same one

    // Shapes and types are the same. Throws std::runtime_error when they are not.
    void add(const Array& ours, const Array& theirs);
    double range() const { return high > low ? high - low : 1e-30; }
    double relative() const { return largest / range(); }
    double cosine() const {
        return ours2 > 0 && theirs2 > 0 ? dot / std::sqrt(ours2 * theirs2) : 1;
    }
    double topAgreement() const {
        return rows ? static_cast<double>(sameTop) / static_cast<double>(rows) : 1;
    }
};

}  // namespace bireme::cli
