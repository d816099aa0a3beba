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
    // Constant B turned to [n, k], as our own products want it: an engine that holds kernels for
    // several shapes then has one copy of it.
    int64_t packedColumns = 0, packedDepth = 0;  // n and k; 0: B is read as it is
    ProductSpec spec;                            // all but the extents and strides

    bool packed() const { return packedColumns > 0; }
    void save(ByteWriter& out) const;
    static ProductGroup load(ByteReader& in);
    ProductSpec at(const device::Shapes& shapes) const;  // throws Error when they do not fit
};

tactic::Support readProduct(const tactic::Query& q, ProductGroup& out);

// Turns B of a query with dynamic extents where it is a constant matrix that lies as [k, n]:
// `transposeB` holds from then on.
void packB(const tactic::Query& q, ProductGroup& group);

}  // namespace bireme::cuda::lt
