// SPDX-License-Identifier: Apache-2.0
#include "tensor/convert.h"

#include "base/status.h"
#include "base/text.h"
#include "tensor/dtype.h"
#include "tensor/half.h"

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

template <typename W>
void widen4(const void* source, int64_t begin, int64_t n, W* out, bool isSigned) {
    const auto* p = static_cast<const uint8_t*>(source);
    for (int64_t i = 0; i < n; ++i) {
        int64_t at = begin + i;
        int v = (p[at / 2] >> (at % 2 * 4)) & 15;
        out[i] = static_cast<W>(isSigned && v >= 8 ? v - 16 : v);
    }
}

template <typename W>
void load(DataType t, const void* s, int64_t begin, int64_t n, W* out) {
    switch (t) {
        case DataType::kFLOAT: return widen<float>(s, begin, n, out);
        case DataType::kDOUBLE: return widen<double>(s, begin, n, out);
        case DataType::kHALF: return widen<Half>(s, begin, n, out);
        case DataType::kBF16: return widen<BFloat16>(s, begin, n, out);
        case DataType::kFP8: return widen<Fp8E4M3>(s, begin, n, out);
        case DataType::kFP8_E5M2: return widen<Fp8E5M2>(s, begin, n, out);
        case DataType::kINT8: return widen<int8_t>(s, begin, n, out);
        case DataType::kUINT8:
        case DataType::kBOOL: return widen<uint8_t>(s, begin, n, out);
        case DataType::kINT16: return widen<int16_t>(s, begin, n, out);
        case DataType::kUINT16: return widen<uint16_t>(s, begin, n, out);
        case DataType::kINT32: return widen<int32_t>(s, begin, n, out);
        case DataType::kUINT32: return widen<uint32_t>(s, begin, n, out);
        case DataType::kINT64: return widen<int64_t>(s, begin, n, out);
        case DataType::kUINT64: return widen<uint64_t>(s, begin, n, out);
        case DataType::kINT4: return widen4(s, begin, n, out, true);
        case DataType::kUINT4: return widen4(s, begin, n, out, false);
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

template <typename W>
void store4(const W* in, int64_t n, void* target, int64_t begin, int low, int high) {
    auto* p = static_cast<uint8_t*>(target);
    for (int64_t i = 0; i < n; ++i) {
        int64_t at = begin + i;
        W w = in[i] < static_cast<W>(low)    ? static_cast<W>(low)
              : in[i] > static_cast<W>(high) ? static_cast<W>(high)
                                             : in[i];
        int shift = static_cast<int>(at % 2 * 4);
        p[at / 2] = static_cast<uint8_t>((p[at / 2] & ~(15 << shift)) |
                                         ((static_cast<int>(w) & 15) << shift));
    }
}

template <typename W>
void store(DataType t, const W* in, int64_t n, void* target, int64_t begin) {
    switch (t) {
        case DataType::kFLOAT: return narrowAll<float>(in, n, target, begin);
        case DataType::kDOUBLE: return narrowAll<double>(in, n, target, begin);
        case DataType::kHALF: return narrowAll<Half>(in, n, target, begin);
        case DataType::kBF16: return narrowAll<BFloat16>(in, n, target, begin);
        case DataType::kFP8: return narrowAll<Fp8E4M3>(in, n, target, begin);
        case DataType::kFP8_E5M2: return narrowAll<Fp8E5M2>(in, n, target, begin);
        case DataType::kINT8: return narrowAll<int8_t>(in, n, target, begin);
        case DataType::kUINT8: return narrowAll<uint8_t>(in, n, target, begin);
        case DataType::kINT16: return narrowAll<int16_t>(in, n, target, begin);
        case DataType::kUINT16: return narrowAll<uint16_t>(in, n, target, begin);
        case DataType::kINT32: return narrowAll<int32_t>(in, n, target, begin);
        case DataType::kUINT32: return narrowAll<uint32_t>(in, n, target, begin);
        case DataType::kINT64: return narrowAll<int64_t>(in, n, target, begin);
        case DataType::kUINT64: return narrowAll<uint64_t>(in, n, target, begin);
        case DataType::kINT4: return store4(in, n, target, begin, -8, 7);
        case DataType::kUINT4: return store4(in, n, target, begin, 0, 15);
        case DataType::kBOOL:
            for (int64_t i = 0; i < n; ++i)
                static_cast<uint8_t*>(target)[begin + i] = in[i] != W(0);
            return;
        default: failInvalid(cat("cannot convert to data type ", static_cast<int>(t)));
    }
}

template <typename W>
void convertThrough(DataType from, const void* source, DataType to, void* target, int64_t count) {
    W chunk[kChunk];
    for (int64_t i = 0; i < count; i += kChunk) {
        int64_t n = count - i < kChunk ? count - i : kChunk;
        load(from, source, i, n, chunk);
        store(to, chunk, n, target, i);
    }
}

}  // namespace

void convertElements(DataType from, const void* source, DataType to, void* target, int64_t count) {
    if (count <= 0) return;
    if (from == to) {
        std::memcpy(target, source, bytesFor(from, count));
        return;
    }
    if (from == DataType::kDOUBLE || to == DataType::kDOUBLE)
        return convertThrough<double>(from, source, to, target, count);
    if (isReal(from)) return convertThrough<float>(from, source, to, target, count);
    if (from == DataType::kUINT64) return convertThrough<uint64_t>(from, source, to, target, count);
    convertThrough<int64_t>(from, source, to, target, count);
}

}  // namespace bireme
