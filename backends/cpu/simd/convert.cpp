// SPDX-License-Identifier: Apache-2.0
// Conversions between types of a byte and more, one set per instruction set.
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/convert.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include <hwy/highway.h>

#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/independent.h"
#include "base/parallel_for.h"
#include "tensor/convert.h"
#include "tensor/dtype.h"
#include "tensor/half.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace {

struct Truth {  // an element of a bool tensor
    uint8_t value;
};

template <typename S>
inline auto widened(S v) {
    if constexpr (std::is_same_v<S, Truth>)
        return v.value;
    else
        return v;
}

// Real to integer truncates and saturates, a NaN becomes 0; integers wrap.
template <typename S, typename R>
inline R converted(S s) {
    const auto v = widened(s);
    using V = std::remove_const_t<decltype(v)>;
    if constexpr (std::is_same_v<R, Truth>) {
        return Truth{static_cast<uint8_t>(v != V(0))};
    } else if constexpr (std::is_floating_point_v<V> && std::is_integral_v<R>) {
        constexpr V low = static_cast<V>(std::numeric_limits<R>::min()),
                    high = static_cast<V>(std::numeric_limits<R>::max());
        if constexpr (sizeof(R) <= 2 && std::is_same_v<V, float>) {  // a few instructions a vector
            V c = v;
            if constexpr (std::is_signed_v<R>) c = std::isnan(v) ? V(0) : v;
            c = c > low ? c : low;  // so is a NaN
            c = c < high ? c : high;
            return static_cast<R>(static_cast<int32_t>(c));
        }
        return v <= low        ? std::numeric_limits<R>::min()
               : v >= high     ? std::numeric_limits<R>::max()
               : std::isnan(v) ? R(0)
                               : static_cast<R>(v);
    } else {
        return static_cast<R>(v);
    }
}

template <typename S, typename R>
void convertLoop(const void* source, void* target, int64_t n) {
    const S* x = static_cast<const S*>(source);
    R* y = static_cast<R*>(target);
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = converted<S, R>(x[i]);
}

// IEEE binary16 by integer arithmetic without branches, rounded to nearest even.
inline uint32_t halfBits(float f) {
    const auto u = std::bit_cast<uint32_t>(f), sign = u >> 16 & 0x8000u, a = u & 0x7fffffffu;
    const uint32_t normal = (a + 0xc8000fffu + (a >> 13 & 1)) >> 13;
    // Adding one half leaves the multiples of 2^-24 in the last bits.
    const float shifted = std::bit_cast<float>(a) + 0.5f;
    const uint32_t tiny = std::bit_cast<uint32_t>(shifted) - 0x3f000000u;
    uint32_t h = a < 0x38800000u ? tiny : normal;
    h = a >= 0x47800000u ? 0x7c00u : h;
    h = a > 0x7f800000u ? 0x7e00u : h;
    return sign | h;
}

inline float halfValue(uint32_t h) {
    const uint32_t sign = (h & 0x8000u) << 16, u = (h & 0x7fffu) << 13;
    const uint32_t normal = u + 0x38000000u;
    const float tiny = std::bit_cast<float>(u + 0x38800000u) - std::bit_cast<float>(0x38800000u);
    uint32_t r = u < 0x00800000u ? std::bit_cast<uint32_t>(tiny) : normal;
    r = u >= 0x0f800000u ? u + 0x70000000u : r;
    return std::bit_cast<float>(r | sign);
}

#if HWY_TARGET <= HWY_AVX2 && !defined(HWY_DISABLE_F16C)
// By the processor's own instructions; gives how many elements are done.
int64_t widenHalves(const uint16_t* x, float* y, int64_t n) {
    const hn::ScalableTag<float> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> half;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const auto h = hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(x + i));
        hn::StoreU(hn::PromoteTo(d, h), d, y + i);
    }
    return i;
}

int64_t narrowToHalves(const float* x, uint16_t* y, int64_t n) {
    const hn::ScalableTag<float> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> half;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const auto h = hn::DemoteTo(half, hn::LoadU(d, x + i));
        hn::StoreU(h, half, reinterpret_cast<hwy::float16_t*>(y + i));
    }
    return i;
}
#else
int64_t widenHalves(const uint16_t*, float*, int64_t) { return 0; }
int64_t narrowToHalves(const float*, uint16_t*, int64_t) { return 0; }
#endif

void halfToFloat(const void* source, void* target, int64_t n) {
    const auto* x = static_cast<const uint16_t*>(source);
    auto* y = static_cast<float*>(target);
    const int64_t done = widenHalves(x, y, n);
    BIREME_INDEPENDENT
    for (int64_t i = done; i < n; ++i) y[i] = halfValue(x[i]);
}

void floatToHalf(const void* source, void* target, int64_t n) {
    const auto* x = static_cast<const float*>(source);
    auto* y = static_cast<uint16_t*>(target);
    const int64_t done = narrowToHalves(x, y, n);
    BIREME_INDEPENDENT
    for (int64_t i = done; i < n; ++i) y[i] = static_cast<uint16_t>(halfBits(x[i]));
}

void brainToFloat(const void* source, void* target, int64_t n) {
    const auto* x = static_cast<const uint16_t*>(source);
    auto* y = static_cast<uint32_t*>(target);
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<uint32_t>(x[i]) << 16;
}

void floatToBrain(const void* source, void* target, int64_t n) {
    const auto* x = static_cast<const uint32_t*>(source);
    auto* y = static_cast<uint16_t*>(target);
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        const uint32_t u = x[i], rounded = (u + 0x7fffu + (u >> 16 & 1)) >> 16;
        y[i] = static_cast<uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? u >> 16 | 0x40u : rounded);
    }
}

template <typename S>
ConvertFunction fromType(DataType to) {
    switch (to) {
        case DataType::kFLOAT: return convertLoop<S, float>;
        case DataType::kDOUBLE: return convertLoop<S, double>;
        case DataType::kINT8: return convertLoop<S, int8_t>;
        case DataType::kUINT8: return convertLoop<S, uint8_t>;
        case DataType::kINT16: return convertLoop<S, int16_t>;
        case DataType::kUINT16: return convertLoop<S, uint16_t>;
        case DataType::kINT32: return convertLoop<S, int32_t>;
        case DataType::kUINT32: return convertLoop<S, uint32_t>;
        case DataType::kINT64: return convertLoop<S, int64_t>;
        case DataType::kUINT64: return convertLoop<S, uint64_t>;
        case DataType::kBOOL: return convertLoop<S, Truth>;
        default: return nullptr;
    }
}

}  // namespace

ConvertFunction lookUpConversion(DataType from, DataType to) {
    if (to == DataType::kHALF) return from == DataType::kFLOAT ? floatToHalf : nullptr;
    if (to == DataType::kBF16) return from == DataType::kFLOAT ? floatToBrain : nullptr;
    switch (from) {
        case DataType::kFLOAT: return fromType<float>(to);
        case DataType::kDOUBLE: return fromType<double>(to);
        case DataType::kINT8: return fromType<int8_t>(to);
        case DataType::kUINT8: return fromType<uint8_t>(to);
        case DataType::kINT16: return fromType<int16_t>(to);
        case DataType::kUINT16: return fromType<uint16_t>(to);
        case DataType::kINT32: return fromType<int32_t>(to);
        case DataType::kUINT32: return fromType<uint32_t>(to);
        case DataType::kINT64: return fromType<int64_t>(to);
        case DataType::kUINT64: return fromType<uint64_t>(to);
        case DataType::kBOOL: return fromType<Truth>(to);
        case DataType::kHALF: return to == DataType::kFLOAT ? halfToFloat : nullptr;
        case DataType::kBF16: return to == DataType::kFLOAT ? brainToFloat : nullptr;
        default: return nullptr;
    }
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {
HWY_EXPORT(lookUpConversion);
ConvertFunction convertFunction(DataType from, DataType to) {
    capInstructionSets();
    return HWY_DYNAMIC_DISPATCH(lookUpConversion)(from, to);
}

namespace {

// Values of the 256 codes of a float of a byte.
template <DataType type>
const float* valuesOfCodes() {
    static const std::array<float, 256> values = [] {
        std::array<float, 256> v{};
        for (int i = 0; i < 256; ++i)
            v[static_cast<size_t>(i)] = decode(*smallFloat(type), static_cast<uint8_t>(i));
        return v;
    }();
    return values.data();
}

const float* valuesOfCodes(DataType type) {
    switch (type) {
        case DataType::kFP8: return valuesOfCodes<DataType::kFP8>();
        case DataType::kFP8_E5M2: return valuesOfCodes<DataType::kFP8_E5M2>();
        case DataType::kFP8_FNUZ: return valuesOfCodes<DataType::kFP8_FNUZ>();
        case DataType::kFP8_E5M2_FNUZ: return valuesOfCodes<DataType::kFP8_E5M2_FNUZ>();
        default: return nullptr;
    }
}

// Finite numbers inside the range are rounded by an addition; `encode` judges all others.
void floatToByte(const SmallFloat& f, const float* x, uint8_t* y, int64_t n, Overflow overflow) {
    const int minExp = 1 - f.bias;
    const bool fnuz = f.special == SmallFloat::Special::fnuz;
    for (int64_t i = 0; i < n; ++i) {
        const auto u = std::bit_cast<uint32_t>(x[i]), a = u & 0x7fffffffu;
        if (std::bit_cast<float>(a) > f.largest || a > 0x7f800000u) {
            y[i] = encode(f, x[i], overflow);
            continue;
        }
        const int e = std::max(static_cast<int>(a >> 23) - 127, minExp);
        const float grid =
            std::bit_cast<float>(static_cast<uint32_t>(e - f.mantissa + 23 + 127) << 23);
        // The last bits of the sum count the steps of the grid.
        const uint32_t steps =
            std::bit_cast<uint32_t>(std::bit_cast<float>(a) + grid) - std::bit_cast<uint32_t>(grid);
        const uint32_t code = (static_cast<uint32_t>(e - minExp) << f.mantissa) + steps,
                       sign = u >> 31 << 7;
        y[i] = static_cast<uint8_t>(code | (fnuz && code == 0 ? 0 : sign));
    }
}

bool isByteFloat(DataType t) { return smallFloat(t) && bits(t) == 8; }

// One step, or false: to or from f32 and between types with loops of their own.
bool convertAtOnce(DataType from, const void* source, DataType to, void* target, int64_t n,
                   Overflow overflow) {
    if (ConvertFunction f = convertFunction(from, to)) {
        f(source, target, n);
        return true;
    }
    if (from == DataType::kFLOAT && isByteFloat(to)) {
        floatToByte(*smallFloat(to), static_cast<const float*>(source),
                    static_cast<uint8_t*>(target), n, overflow);
        return true;
    }
    if (to != DataType::kFLOAT || !isByteFloat(from)) return false;
    const float* values = valuesOfCodes(from);
    const auto* x = static_cast<const uint8_t*>(source);
    auto* y = static_cast<float*>(target);
    for (int64_t i = 0; i < n; ++i) y[i] = values[x[i]];
    return true;
}

// Types whose conversions are loops of this file, if need be by way of f32.
bool hasLoops(DataType t) { return bits(t) >= 8 && t != DataType::kE8M0; }

}  // namespace

void convertTile(DataType from, const void* source, DataType to, void* target, int64_t count,
                 Overflow overflow) noexcept {
    if (count <= 0) return;
    if (from == to || !hasLoops(from) || !hasLoops(to))
        return convertElements(from, source, to, target, count, overflow);
    if (convertAtOnce(from, source, to, target, count, overflow)) return;
    constexpr int64_t kChunk = 512;
    float chunk[kChunk];
    const auto* x = static_cast<const char*>(source);
    auto* y = static_cast<char*>(target);
    for (int64_t i = 0; i < count; i += kChunk) {
        const int64_t n = std::min(kChunk, count - i);
        convertAtOnce(from, x + i * bits(from) / 8, DataType::kFLOAT, chunk, n, overflow);
        convertAtOnce(DataType::kFLOAT, chunk, to, y + i * bits(to) / 8, n, overflow);
    }
}

void convertDense(DataType from, const void* source, DataType to, void* target,
                  int64_t count) noexcept {
    constexpr int64_t kPiece = 8192;  // whole bytes in every type
    const auto* x = static_cast<const char*>(source);
    auto* y = static_cast<char*>(target);
    parallelFor((count + kPiece - 1) / kPiece, 4, [&](int64_t begin, int64_t end) {
        const int64_t first = begin * kPiece, n = std::min(count, end * kPiece) - first;
        convertTile(from, x + first * bits(from) / 8, to, y + first * bits(to) / 8, n);
    });
}

}  // namespace bireme::cpu
#endif
