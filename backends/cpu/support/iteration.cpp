// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/iteration.h"

#include <algorithm>
#include <numeric>

namespace bireme::cpu {

int64_t Iteration::count() const {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    return n;
}

Iteration collapse(const std::vector<int64_t>& dims,
                   const std::vector<std::vector<int64_t>>& strides, size_t leader) {
    std::vector<size_t> order;
    for (size_t d = 0; d < dims.size(); ++d)
        if (dims[d] != 1) order.push_back(d);
    const auto& lead = strides[leader];
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return lead[a] > lead[b]; });
    Iteration it;
    it.strides.resize(strides.size());
    for (size_t d : order) {
        bool joins = !it.dims.empty();
        for (size_t k = 0; k < strides.size() && joins; ++k)
            joins = it.strides[k].back() == strides[k][d] * dims[d];
        if (joins)
            it.dims.back() *= dims[d];
        else
            it.dims.push_back(dims[d]);
        for (size_t k = 0; k < strides.size(); ++k) {
            if (joins)
                it.strides[k].back() = strides[k][d];
            else
                it.strides[k].push_back(strides[k][d]);
        }
    }
    if (it.dims.empty()) {
        it.dims.push_back(1);
        for (auto& s : it.strides) s.push_back(1);
    }
    return it;
}

std::vector<int64_t> broadcastSteps(const std::vector<int64_t>& dims, const Format& format,
                                    const std::vector<int64_t>& to) {
    std::vector<int64_t> own = format.stridesFor(dims), steps(to.size(), 0);
    size_t shift = to.size() - dims.size();
    for (size_t d = 0; d < dims.size(); ++d)
        if (dims[d] != 1) steps[d + shift] = own[d];
    return steps;
}

}  // namespace bireme::cpu
