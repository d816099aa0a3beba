// SPDX-License-Identifier: Apache-2.0
// Nested loops over several tensors as device code takes them.
#pragma once

#include "device/kernel.h"
#include "tensor/walk.h"

#include <cstdint>
#include <vector>

namespace bireme::cuda {

// As FastDiv of common.cuh: exact for numerators below 2^31.
struct FastDiv {
    uint32_t divisor = 1, multiplier = 1, shift = 0;
};
FastDiv fastDiv(int64_t divisor);

constexpr int kLoops = 8;

// As Loops of walk.cuh: indices of `operands` tensors from one number. The innermost loop counts
// groups of `vector` elements.
template <int Operands>
struct Loops {
    uint32_t count = 0;
    int32_t rank = 1;
    FastDiv div[kLoops];
    int32_t stride[Operands][kLoops] = {};
    int32_t inner[Operands] = {};  // 1: neighbours of the innermost loop are neighbours in memory
};

// Fills loops of a walk; false when it has too many loops or operands.
template <int Operands>
bool fillLoops(const Walk& w, int64_t vector, Loops<Operands>& out) {
    size_t rank = w.dims.size();
    if (rank > kLoops || w.strides.size() > Operands) return false;
    out.count = static_cast<uint32_t>(w.count() / vector);
    out.rank = static_cast<int32_t>(rank);
    for (size_t d = 0; d < rank; ++d) {
        bool last = d + 1 == rank;
        out.div[d] = fastDiv(last ? w.dims[d] / vector : w.dims[d]);
        for (size_t k = 0; k < w.strides.size(); ++k)
            out.stride[k][d] = static_cast<int32_t>(w.strides[k][d] * (last ? vector : 1));
    }
    for (size_t k = 0; k < w.strides.size(); ++k) out.inner[k] = w.strides[k][rank - 1] == 1;
    return true;
}

// The largest power of two up to `most` by which the innermost loop can be vectorised: it divides
// the extent and the other steps, and every operand steps by 0 or 1 in it.
int64_t vectorWidth(const Walk& w, int64_t most);

}  // namespace bireme::cuda
