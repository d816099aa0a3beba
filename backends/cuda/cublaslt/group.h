// SPDX-License-Identifier: Apache-2.0
// Groups that are one matrix product to cuBLASLt: matrix products, and 1x1 convolutions
// channels-last.
#pragma once

#include "backends/cuda/cublaslt/product.h"
#include "base/bytes.h"
#include "tactic/factory.h"

namespace bireme::cuda::lt {

// What is known of a group without its shapes.
struct ProductGroup {
    bool convolution = false;                    // 1x1: rows are pixels, columns are maps
    bool vectorA = false, vectorB = false;       // operands without a row or column dim
    int a = 0, b = 0, bias = -1, residual = -1;  // body inputs; -1: none
    int factor = -1;                             // body input that became alpha; -1: none
    ProductSpec spec;                            // all but the extents and strides

    void save(ByteWriter& out) const;
    static ProductGroup load(ByteReader& in);
    ProductSpec at(const device::Shapes& shapes) const;  // throws Error when they do not fit
};

tactic::Support readProduct(const tactic::Query& q, ProductGroup& out);

}  // namespace bireme::cuda::lt
