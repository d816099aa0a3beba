// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/types.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme {

// How the elements of a tensor with logical dims lie in memory: an order of dims (outermost first),
// inner blocks that split a dim and lie innermost (in the given order), and, for a view into a
// larger buffer, the buffer's extents or explicit strides, and an offset. Padding lanes of the last
// block are zero. An empty `order` is row-major.
struct Format {
    struct Block {
        int8_t dim = 0;
        int32_t size = 1;
        bool operator==(const Block&) const = default;
    };
    std::vector<int8_t> order;
    std::vector<Block> inner;
    std::vector<int64_t> strides;  // elements, one per logical dim; empty: they follow from extents
    std::vector<int64_t> whole;    // the buffer's extents, one per logical dim (0: the dim's own);
                                   // empty: the tensor is the whole buffer
    int64_t offset = 0;            // elements from the start of the buffer

    bool operator==(const Format&) const = default;

    static Format linear() { return {}; }
    static Format channelsLast(int rank);  // N,spatial...,C; linear below rank 3
    static Format fromTensorFormat(TensorFormat f, int rank);

    bool isLinear() const;                // dense row-major
    bool isChannelsLast(int rank) const;  // dense, unblocked, dim 1 innermost
    bool isDense() const { return strides.empty() && whole.empty() && offset == 0; }
    std::string text() const;  // "linear", "0231", "01234:1x8", plus strides, whole extents, offset
    static Format parse(const std::string& text);

    // Strides (in elements) of the logical dims of an unblocked format.
    std::vector<int64_t> stridesFor(const std::vector<int64_t>& dims) const;
    // Elements of a dense buffer, padding included.
    int64_t bufferElements(const std::vector<int64_t>& dims) const;
};

}  // namespace bireme
