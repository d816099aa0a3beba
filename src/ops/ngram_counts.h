// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// How often each n-gram of a pool occurs in lists of integers [n] or [rows, n], weighed.
struct NgramCounts {
    int64_t least = 1, most = 1;  // lengths of n-grams
    int64_t skips = 0;            // elements that may lie between two of an n-gram
    std::string mode = "TF";      // TF, IDF, TFIDF
    std::vector<int64_t> starts;  // of the 1-grams, 2-grams, ... in the pool
    std::vector<int64_t> places;  // of each n-gram in the output
    std::vector<int64_t> pool;
    std::vector<float> weights;  // of each n-gram; empty: 1
    void fields(FieldVisitor& v) {
        v.field(1, "least", least);
        v.field(2, "most", most);
        v.field(3, "skips", skips);
        v.field(4, "mode", mode);
        v.field(5, "starts", starts);
        v.field(6, "places", places);
        v.field(7, "pool", pool);
        v.field(8, "weights", weights);
    }
};

}  // namespace bireme::ops
