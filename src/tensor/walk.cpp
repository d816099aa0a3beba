// SPDX-License-Identifier: Apache-2.0
#include "tensor/walk.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace bireme {

int64_t product(const std::vector<int64_t>& dims) {
    return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
}

Walk collapse(const std::vector<int64_t>& dims, const std::vector<std::vector<int64_t>>& strides,
              size_t leader) {
    std::vector<size_t> order;
    for (size_t d = 0; d < dims.size(); ++d)
        if (dims[d] != 1) order.push_back(d);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return strides[leader][a] > strides[leader][b]; });
    Walk w;
    w.strides.resize(strides.size());
    for (size_t d : order) {
        bool joins = !w.dims.empty();
        for (size_t k = 0; joins && k < strides.size(); ++k)
            joins = w.strides[k].back() == strides[k][d] * dims[d];
        if (joins) {
            w.dims.back() *= dims[d];
            for (size_t k = 0; k < strides.size(); ++k) w.strides[k].back() = strides[k][d];
            continue;
        }
        w.dims.push_back(dims[d]);
        for (size_t k = 0; k < strides.size(); ++k) w.strides[k].push_back(strides[k][d]);
    }
    if (w.dims.empty()) {
        w.dims.push_back(1);
        for (auto& s : w.strides) s.push_back(1);
    }
    return w;
}

std::vector<int64_t> broadcastSteps(const std::vector<int64_t>& dims, const Format& format,
                                    const std::vector<int64_t>& to) {
    std::vector<int64_t> own = format.stridesFor(dims), steps(to.size(), 0);
    size_t shift = to.size() - dims.size();
    for (size_t d = 0; d < dims.size(); ++d)
        if (dims[d] != 1) steps[d + shift] = own[d];
    return steps;
}

}  // namespace bireme
