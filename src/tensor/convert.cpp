// SPDX-License-Identifier: Apache-2.0
#include "tensor/convert.h"

#include "base/status.h"
#include "base/text.h"
#include "tensor/dtype.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace bireme {

namespace {

constexpr int64_t kChunk = 256;  // elements widened at a time

template <typename T, typename W>
void widen(const void* source, int64_t begin, int64_t n, W* out) {
    const T* p = static_cast<const T*>(source) + begin;
    for (int64_t i = 0; i < n; ++i) {
        if constexpr (std::is_arithmetic_v<T>)
            out[i] = static_cast<W>(p[i]);
        else
            out[i] = static_cast<W>(static_cast<float>(p[i]));
    }
}

// Elements of `width` bits (2 or 4), the first in the lowest bits of a byte.
uint8_t packedCode(const void* source, int64_t at, int width) {
    const auto* p = static_cast<const uint8_t*>(source);
    int64_t per = 8 / width;
    return static_cast<uint8_t>(p[at / per] >> (at % per * width) & ((1 << width) - 1));
}

void setPackedCode(void* target, int64_t at, int width, uint8_t code) {
    auto* p = static_cast<uint8_t*>(target);
    int64_t per = 8 / width;
    auto shift = static_cast<int>(at % per * width);
    int mask = ((1 << width) - 1) << shift;
    p[at / per] = static_cast<uint8_t>((p[at / per] & ~mask) | ((code << shift) & mask));
}

template <int width, bool isSigned, typename W>
void widenPacked(const void* source, int64_t begin, int64_t n, W* out) {
    for (int64_t i = 0; i < n; ++i) {
        int v = packedCode(source, begin + i, width);
        out[i] = static_cast<W>(isSigned && v >= 1 << (width - 1) ? v - (1 << width) : v);
    }
}

template <typename W>
void widenSmall(const SmallFloat& format, const void* source, int64_t begin, int64_t n, W* out) {
    for (int64_t i = 0; i < n; ++i)
        out[i] = static_cast<W>(
            decode(format, format.bits < 8 ? packedCode(source, begin + i, format.bits)
                                           : static_cast<const uint8_t*>(source)[begin + i]));
}

template <typename W>
void widenE8M0(const void* source, int64_t begin, int64_t n, W* out) {
    const auto* p = static_cast<const uint8_t*>(source) + begin;
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<W>(decodeE8M0(p[i]));
}

template <typename W>
void load(DataType t, const void* s, int64_t begin, int64_t n, W* out) {
    switch (t) {
        case DataType::kFLOAT: return widen<float>(s, begin, n, out);
        case DataType::kDOUBLE: return widen<double>(s, begin, n, out);
        case DataType::kHALF: return widen<Half>(s, begin, n, out);
        case DataType::kBF16: return widen<BFloat16>(s, begin, n, out);
        case DataType::kFP8:
        case DataType::kFP8_E5M2:
        case DataType::kFP8_FNUZ:
        case DataType::kFP8_E5M2_FNUZ:
        case DataType::kFP4: return widenSmall(*smallFloat(t), s, begin, n, out);
        case DataType::kE8M0: return widenE8M0(s, begin, n, out);
        case DataType::kINT8: return widen<int8_t>(s, begin, n, out);
        case DataType::kUINT8:
        case DataType::kBOOL: return widen<uint8_t>(s, begin, n, out);
        case DataType::kINT16: return widen<int16_t>(s, begin, n, out);
        case DataType::kUINT16: return widen<uint16_t>(s, begin, n, out);
        case DataType::kINT32: return widen<int32_t>(s, begin, n, out);
        case DataType::kUINT32: return widen<uint32_t>(s, begin, n, out);
        case DataType::kINT64: return widen<int64_t>(s, begin, n, out);
        case DataType::kUINT64: return widen<uint64_t>(s, begin, n, out);
        case DataType::kINT4: return widenPacked<4, true>(s, begin, n, out);
        case DataType::kUINT4: return widenPacked<4, false>(s, begin, n, out);
        case DataType::kINT2: return widenPacked<2, true>(s, begin, n, out);
        case DataType::kUINT2: return widenPacked<2, false>(s, begin, n, out);
        default: failInvalid(cat("cannot convert data type ", static_cast<int>(t)));
    }
}

template <typename T, typename W>
T narrow(W w) {
    if constexpr (!std::is_arithmetic_v<T>)
        return T(static_cast<float>(w));
    else if constexpr (std::is_floating_point_v<W> && std::is_integral_v<T>) {
        if (std::isnan(w)) return 0;
        if (w <= static_cast<W>(std::numeric_limits<T>::min()))
            return std::numeric_limits<T>::min();
        if (w >= static_cast<W>(std::numeric_limits<T>::max()))
            return std::numeric_limits<T>::max();
        return static_cast<T>(w);
    } else
        return static_cast<T>(w);
}

template <typename T, typename W>
void narrowAll(const W* in, int64_t n, void* target, int64_t begin) {
    T* p = static_cast<T*>(target) + begin;
    for (int64_t i = 0; i < n; ++i) p[i] = narrow<T>(in[i]);
}

template <int width, bool isSigned, typename W>
void narrowPacked(const W* in, int64_t n, void* target, int64_t begin, Overflow overflow) {
    constexpr int64_t low = isSigned ? -(1 << (width - 1)) : 0, high = low + (1 << width) - 1;
    for (int64_t i = 0; i < n; ++i) {
        int64_t whole;
        if (overflow == Overflow::saturate && in[i] > static_cast<W>(high))
            whole = high;
        else
            whole = narrow<int64_t>(in[i]);
        if (overflow == Overflow::saturate) whole = std::max(whole, low);
        setPackedCode(target, begin + i, width, static_cast<uint8_t>(whole));
    }
}

template <typename W>
void narrowSmall(const SmallFloat& format, const W* in, int64_t n, void* target, int64_t begin,
                 Overflow overflow) {
    for (int64_t i = 0; i < n; ++i) {
        uint8_t code = encode(format, static_cast<float>(in[i]), overflow);
        if (format.bits < 8)
            setPackedCode(target, begin + i, format.bits, code);
        else
            static_cast<uint8_t*>(target)[begin + i] = code;
    }
}

template <typename W>
void narrowE8M0(const W* in, int64_t n, void* target, int64_t begin, Overflow overflow) {
    auto* p = static_cast<uint8_t*>(target) + begin;
    for (int64_t i = 0; i < n; ++i) p[i] = encodeE8M0(static_cast<float>(in[i]), overflow);
}

template <typename W>
void store(DataType t, const W* in, int64_t n, void* target, int64_t begin, Overflow overflow) {
    switch (t) {
        case DataType::kFLOAT: return narrowAll<float>(in, n, target, begin);
        case DataType::kDOUBLE: return narrowAll<double>(in, n, target, begin);
        case DataType::kHALF: return narrowAll<Half>(in, n, target, begin);
        case DataType::kBF16: return narrowAll<BFloat16>(in, n, target, begin);
        case DataType::kFP8:
        case DataType::kFP8_E5M2:
        case DataType::kFP8_FNUZ:
        case DataType::kFP8_E5M2_FNUZ:
        case DataType::kFP4: return narrowSmall(*smallFloat(t), in, n, target, begin, overflow);
        case DataType::kE8M0: return narrowE8M0(in, n, target, begin, overflow);
        case DataType::kINT8: return narrowAll<int8_t>(in, n, target, begin);
        case DataType::kUINT8: return narrowAll<uint8_t>(in, n, target, begin);
        case DataType::kINT16: return narrowAll<int16_t>(in, n, target, begin);
        case DataType::kUINT16: return narrowAll<uint16_t>(in, n, target, begin);
        case DataType::kINT32: return narrowAll<int32_t>(in, n, target, begin);
        case DataType::kUINT32: return narrowAll<uint32_t>(in, n, target, begin);
        case DataType::kINT64: return narrowAll<int64_t>(in, n, target, begin);
        case DataType::kUINT64: return narrowAll<uint64_t>(in, n, target, begin);
        case DataType::kINT4: return narrowPacked<4, true>(in, n, target, begin, overflow);
        case DataType::kUINT4: return narrowPacked<4, false>(in, n, target, begin, overflow);
        case DataType::kINT2: return narrowPacked<2, true>(in, n, target, begin, overflow);
        case DataType::kUINT2: return narrowPacked<2, false>(in, n, target, begin, overflow);
        case DataType::kBOOL:
            for (int64_t i = 0; i < n; ++i)
                static_cast<uint8_t*>(target)[begin + i] = in[i] != W(0);
            return;
        default: failInvalid(cat("cannot convert to data type ", static_cast<int>(t)));
    }
}

template <typename W>
void convertThrough(DataType from, const void* source, DataType to, void* target, int64_t count,
                    Overflow overflow) {
    W chunk[kChunk];
    for (int64_t i = 0; i < count; i += kChunk) {
        int64_t n = count - i < kChunk ? count - i : kChunk;
        load(from, source, i, n, chunk);
        store(to, chunk, n, target, i, overflow);
    }
}

}  // namespace

void convertElements(DataType from, const void* source, DataType to, void* target, int64_t count,
                     Overflow overflow) {
    if (count <= 0) return;
    if (from == to) {
        std::memcpy(target, source, bytesFor(from, count));
        return;
    }
    if (from == DataType::kDOUBLE || to == DataType::kDOUBLE)
        return convertThrough<double>(from, source, to, target, count, overflow);
    if (isReal(from)) return convertThrough<float>(from, source, to, target, count, overflow);
    if (from == DataType::kUINT64)
        return convertThrough<uint64_t>(from, source, to, target, count, overflow);
    convertThrough<int64_t>(from, source, to, target, count, overflow);
}

}  // namespace bireme
