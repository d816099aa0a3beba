// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/walk.h"

#include <algorithm>
#include <numeric>

namespace bireme::cuda {

FastDiv fastDiv(int64_t divisor) {
    auto d = static_cast<uint64_t>(std::max<int64_t>(divisor, 1));
    FastDiv f;
    f.divisor = static_cast<uint32_t>(d);
    f.shift = 0;
    while ((uint64_t{1} << f.shift) < d) ++f.shift;
    f.multiplier =
        static_cast<uint32_t>((uint64_t{1} << 32) * ((uint64_t{1} << f.shift) - d) / d + 1);
    return f;
}

int64_t Walk::count() const {
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

std::vector<int64_t> broadcastSteps(const device::TensorShape& t, const std::vector<int64_t>& to) {
    std::vector<int64_t> steps(to.size(), 0), own = t.format.stridesFor(t.dims);
    size_t lead = to.size() - t.dims.size();
    for (size_t d = 0; d < t.dims.size(); ++d)
        if (t.dims[d] != 1) steps[lead + d] = own[d];
    return steps;
}

int64_t vectorWidth(const Walk& w, int64_t most) {
    size_t last = w.dims.size() - 1;
    for (const auto& s : w.strides)
        if (s[last] != 0 && s[last] != 1) return 1;
    int64_t v = most;
    auto divides = [&](int64_t n) {
        while (v > 1 && n % v != 0) v /= 2;
    };
    divides(w.dims[last]);
    for (const auto& s : w.strides)
        for (size_t d = 0; d < last; ++d)
            if (s[last] == 1) divides(s[d]);
    return v;
}

}  // namespace bireme::cuda
