// SPDX-License-Identifier: Apache-2.0
#include "plan/sizes.h"

#include <algorithm>

namespace bireme::plan {

constexpr int64_t kLimit = int64_t{1} << 62;

static bool multiply(int64_t& total, int64_t by) {
    return !__builtin_mul_overflow(total, by, &total) && total <= kLimit;
}

// Elements from the start of the buffer to the last element.
static std::optional<int64_t> elements(const Format& format, const std::vector<int64_t>& dims) {
    int64_t total = 1;
    if (!format.whole.empty()) {
        if (format.whole.size() != dims.size()) return std::nullopt;
        int64_t step = 1;
        for (size_t k = dims.size(); k-- > 0;) {
            size_t d = format.order.empty() ? k : static_cast<size_t>(format.order[k]);
            int64_t reach = dims[d] - 1;
            if (!multiply(reach, step) || __builtin_add_overflow(total, reach, &total))
                return std::nullopt;
            if (!multiply(step, format.whole[d] ? format.whole[d] : dims[d])) return std::nullopt;
        }
    } else if (!format.strides.empty()) {
        if (format.strides.size() != dims.size()) return std::nullopt;
        for (size_t i = 0; i < dims.size(); ++i) {
            int64_t reach = dims[i] - 1;
            if (!multiply(reach, format.strides[i]) || __builtin_add_overflow(total, reach, &total))
                return std::nullopt;
        }
    } else {
        for (size_t i = 0; i < dims.size(); ++i) {
            int64_t block = 1, padded = 0;
            for (const auto& b : format.inner)
                if (b.dim == static_cast<int8_t>(i) && !multiply(block, b.size))
                    return std::nullopt;
            if (__builtin_add_overflow(dims[i], block - 1, &padded)) return std::nullopt;
            if (!multiply(total, padded / block * block)) return std::nullopt;
        }
    }
    if (format.offset < 0 || __builtin_add_overflow(total, format.offset, &total))
        return std::nullopt;
    return total;
}

std::optional<int64_t> extentBytes(DataType type, const Format& format,
                                   const std::vector<int64_t>& dims) {
    if (std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; })) return std::nullopt;
    if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
    auto n = elements(format, dims);
    int64_t total = n.value_or(-1);
    if (total < 0 || !multiply(total, bits(type))) return std::nullopt;
    return (total + 7) / 8;
}

std::optional<int64_t> upperBytes(const TensorDesc& desc, const SymbolRanges& ranges) {
    std::vector<int64_t> dims;
    for (const Dim& d : desc.dims) {
        int64_t upper = d.range(ranges).max;
        if (upper < 0 || upper >= kLimit) return std::nullopt;
        dims.push_back(upper);
    }
    return extentBytes(desc.type, desc.format, dims);
}

}  // namespace bireme::plan
