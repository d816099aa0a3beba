// SPDX-License-Identifier: Apache-2.0
// Squeeze-and-excitation (Hu et al., 2018): every channel's mean, two small products, and the
// channels scaled by what they give.
#pragma once

#include "backends/cpu/support/epilogue.h"

#include <array>

namespace bireme::cpu {

struct SqueezeExcite {
    // A product of the rows of all images, [images, k] x [k, n].
    struct Dense {
        int64_t k = 1, n = 1;
        int bias = -1;      // body input; -1: none
        Epilogue epilogue;  // other operands have one value per column
    };
    int input = 0;       // body input: [images, channels, pixels...]
    bool scales = true;  // the result is the input times the gates, not the gates alone
    bool brain = false;  // all operands are bf16
    int width = 16;      // of the packed panels
    std::array<Dense, 2> dense;

    int64_t channels() const { return dense[0].k; }
    void save(ByteWriter& out) const;
    static SqueezeExcite load(ByteReader& in);
};

struct DenseWeights {
    int input = -1;           // body input
    bool transposed = false;  // its bytes are [n, k]
};

tactic::Support readSqueezeExcite(const tactic::Query& q, SqueezeExcite& out,
                                  std::array<DenseWeights, 2>& weights, std::vector<int>& consumed);

}  // namespace bireme::cpu
