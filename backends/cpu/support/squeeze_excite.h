// SPDX-License-Identifier: Apache-2.0
// Squeeze-and-excitation (Hu et al., 2018): every channel's mean, two small products (or one, as
// CenterMask's eSE has it), and the channels scaled by what they give.
#pragma once

#include "backends/cpu/support/epilogue.h"

#include <vector>

namespace bireme::cpu {

struct SqueezeExcite {
    // A product of the rows of all images, [images, k] x [k, n].
    struct Dense {
        int64_t k = 1, n = 1;
        int64_t window = 0;  // weights that each of n = k channels and its neighbours meet; 0: all
        int64_t before = 0;  // of them that lie before the channel
        int bias = -1;       // body input; -1: none
        Epilogue epilogue;   // other operands have one value per column

        // The product as it is computed: with a window, channels are rows.
        int64_t depth() const { return window > 0 ? window : k; }
        int64_t columns() const { return window > 0 ? 1 : n; }
    };
    int input = 0;             // body input: [images, channels, pixels...]
    bool scales = true;        // the result is the input times the gates, not the gates alone
    bool brain = false;        // all operands are bf16
    int width = 16;            // of the packed panels
    std::vector<Dense> dense;  // one or two

    int64_t channels() const { return dense.front().k; }
    bool fits() const;  // from channels to channels
    void save(ByteWriter& out) const;
    static SqueezeExcite load(ByteReader& in);
};

struct DenseWeights {
    int input = -1;           // body input
    bool transposed = false;  // its bytes are [n, k]
};

// `weights`: one for each product.
tactic::Support readSqueezeExcite(const tactic::Query& q, SqueezeExcite& out,
                                  std::vector<DenseWeights>& weights, std::vector<int>& consumed);

}  // namespace bireme::cpu
