// SPDX-License-Identifier: Apache-2.0
#include "api/convert.h"

#include "api/guard.h"

#include <algorithm>

namespace bireme::api {

std::vector<int64_t> toVector(const Dims& dims, const char* what) {
    require(dims.nbDims >= 0 && dims.nbDims <= Dims::MAX_DIMS, what, " has ", dims.nbDims,
            " dimensions, not 0 to ", Dims::MAX_DIMS);
    return {dims.d, dims.d + dims.nbDims};
}

Dims publicDims(const std::vector<int64_t>& values) {
    Dims out = kNoDims;
    if (values.size() > static_cast<size_t>(Dims::MAX_DIMS)) return out;
    out.nbDims = static_cast<int32_t>(values.size());
    for (size_t i = 0; i < values.size(); ++i) out.d[i] = values[i];
    return out;
}

Dims publicDims(const DimVector& dims) {
    std::vector<int64_t> values;
    for (const Dim& d : dims) values.push_back(d.valueOr(-1));
    return publicDims(values);
}

std::vector<int64_t> behindBatch(std::vector<int64_t> dims, int hidden, int64_t batch) {
    if (hidden > 0) dims.insert(dims.begin(), batch);
    return dims;
}

std::vector<int64_t> permutationBehindBatch(std::vector<int64_t> order, int hidden) {
    if (hidden == 0) return order;
    for (int64_t& i : order) ++i;
    order.insert(order.begin(), 0);
    return order;
}

Dims publicDims(const std::vector<int64_t>& values, int hidden) {
    const auto skip = std::min(values.size(), static_cast<size_t>(hidden));
    return publicDims(std::vector<int64_t>(values.begin() + static_cast<long>(skip), values.end()));
}

Dims publicDims(const DimVector& dims, int hidden) {
    const auto skip = std::min(dims.size(), static_cast<size_t>(hidden));
    return publicDims(DimVector(dims.begin() + static_cast<long>(skip), dims.end()));
}

std::vector<int64_t> axesOfMask(uint32_t mask) {
    std::vector<int64_t> axes;
    for (int64_t i = 0; i < 32; ++i)
        if (mask >> i & 1U) axes.push_back(i);
    return axes;
}

uint32_t maskOfAxes(const std::vector<int64_t>& axes, int rank) {
    uint32_t mask = 0;
    for (int64_t a : axes) {
        int64_t i = a < 0 ? a + rank : a;
        if (i >= 0 && i < 32) mask |= 1U << i;
    }
    return mask;
}

std::vector<int64_t> toVector(const Permutation& permutation, int rank) {
    std::vector<int64_t> order(permutation.order, permutation.order + rank);
    uint32_t seen = 0;
    for (int64_t i : order) {
        require(i >= 0 && i < rank && !(seen >> i & 1U), "not a permutation of ", rank,
                " dimensions");
        seen |= 1U << i;
    }
    return order;
}

Permutation toPermutation(const std::vector<int64_t>& order) {
    Permutation out;
    for (int32_t i = 0; i < Dims::MAX_DIMS; ++i) {
        bool given = static_cast<size_t>(i) < order.size();
        out.order[i] = given ? static_cast<int32_t>(order[static_cast<size_t>(i)]) : i;
    }
    return out;
}

}  // namespace bireme::api
