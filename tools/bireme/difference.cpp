// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/difference.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace bireme::cli {

static double halfValue(uint16_t h) {
    uint32_t exponent = h >> 10 & 31, mantissa = h & 1023;
    double value = exponent == 0    ? std::ldexp(mantissa, -24)
                   : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                    : std::ldexp(1024 + mantissa, static_cast<int>(exponent) - 25);
    return h & 0x8000 ? -value : value;
}

static double element(const Array& a, size_t i) {
    const uint8_t* p = a.bytes.data() + i * elementBytes(a.type);
    auto as = [&](auto zero) {
        std::memcpy(&zero, p, sizeof zero);
        return zero;
    };
    switch (a.type) {
        case DataType::kFLOAT: return as(float{});
        case DataType::kHALF: return halfValue(as(uint16_t{}));
        case DataType::kBF16: return std::bit_cast<float>(uint32_t{as(uint16_t{})} << 16);
        case DataType::kDOUBLE: return as(double{});
        case DataType::kINT64: return static_cast<double>(as(int64_t{}));
        case DataType::kINT32: return as(int32_t{});
        case DataType::kINT16: return as(int16_t{});
        case DataType::kINT8: return as(int8_t{});
        default: return as(uint8_t{});
    }
}

void Difference::add(const Array& ours, const Array& theirs) {
    if (ours.dims != theirs.dims || ours.type != theirs.type)
        throw std::runtime_error("the arrays are of different shapes or types");
    const size_t n = ours.bytes.size() / elementBytes(ours.type);
    const size_t row = ours.dims.empty() ? 1 : static_cast<size_t>(ours.dims.back());
    size_t topOurs = 0, topTheirs = 0;
    double bestOurs = -INFINITY, bestTheirs = -INFINITY;
    for (size_t i = 0; i < n; ++i) {
        const double a = element(ours, i), b = element(theirs, i);
        if (i % row == 0) bestOurs = bestTheirs = -INFINITY, topOurs = topTheirs = i;
        if (a > bestOurs) bestOurs = a, topOurs = i;
        if (b > bestTheirs) bestTheirs = b, topTheirs = i;
        if (i % row == row - 1) ++rows, sameTop += topOurs == topTheirs;
        if (std::isnan(b) && std::isnan(a)) continue;
        low = std::min(low, b), high = std::max(high, b);
        dot += a * b, ours2 += a * a, theirs2 += b * b;
        const double d = a == b ? 0 : std::isnan(a - b) ? INFINITY : std::fabs(a - b);
        if (d > largest) largest = d, at = i;
    }
}

}  // namespace bireme::cli
