// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/strided_copy.h"

#include "backends/cpu/support/by_type.h"
#include "base/parallel_for.h"
#include "tensor/walk.h"

#include <xmmintrin.h>
#include <algorithm>
#include <cstring>

namespace bireme::cpu {

StridedCopy::StridedCopy(size_t elementSize, const std::vector<int64_t>& dims,
                         const std::vector<int64_t>& sourceStrides,
                         const std::vector<int64_t>& targetStrides, int64_t sourceOffset,
                         int64_t targetOffset)
    : size_(elementSize), sourceOffset_(sourceOffset), targetOffset_(targetOffset) {
    for (int64_t d : dims)
        if (d == 0) return;
    Walk it = collapse(dims, {targetStrides, sourceStrides}, 0);
    loops_ = it.dims, to_ = it.strides[0], from_ = it.strides[1];
    size_t last = loops_.size() - 1;
    if (loops_[last] == 1) from_[last] = to_[last] = 1;
    if (from_[last] == 1 && to_[last] == 1) {
        kind_ = Kind::run;
    } else if (from_[last] == 0 && to_[last] == 1) {
        kind_ = Kind::fill;
    } else {
        kind_ = Kind::strided;
        auto unit = std::find(from_.begin(), from_.end(), 1);
        if (to_[last] == 1 &&
            unit != from_.end()) {  // the source's innermost loop stands just before the target's
            kind_ = Kind::transpose;
            auto j = unit - from_.begin();
            for (auto* v : {&loops_, &from_, &to_})
                std::rotate(v->begin() + j, v->begin() + j + 1,
                            v->begin() + static_cast<std::ptrdiff_t>(last));
        }
    }
    for (size_t d = 0; d + innerLoops() < loops_.size(); ++d) outer_ *= loops_[d];
}

namespace {

template <typename T>
void strided(const T* from, int64_t step, T* to, int64_t toStep, int64_t n) {
    for (int64_t i = 0; i < n; ++i) to[i * toStep] = from[i * step];
}

// to[i * toStep + j] = from[j * fromStep + i] for 4 x 4 elements of 4 bytes.
inline void transpose4(const float* from, int64_t fromStep, float* to, int64_t toStep) {
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + fromStep),
           c = _mm_loadu_ps(from + 2 * fromStep), d = _mm_loadu_ps(from + 3 * fromStep);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + toStep, b);
    _mm_storeu_ps(to + 2 * toStep, c);
    _mm_storeu_ps(to + 3 * toStep, d);
}

template <typename T>
void transposeTile(const T* from, int64_t fromStep, T* to, int64_t toStep, int64_t rows,
                   int64_t columns) {
    int64_t i = 0;
    if constexpr (sizeof(T) == 4) {
        for (; i + 4 <= rows; i += 4) {
            int64_t j = 0;
            for (; j + 4 <= columns; j += 4)
                transpose4(reinterpret_cast<const float*>(from + j * fromStep + i), fromStep,
                           reinterpret_cast<float*>(to + i * toStep + j), toStep);
            for (; j < columns; ++j)
                for (int64_t k = i; k < i + 4; ++k) to[k * toStep + j] = from[j * fromStep + k];
        }
    }
    for (; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) to[i * toStep + j] = from[j * fromStep + i];
}

// to[i * toStep + j] = from[j * fromStep + i], in tiles that keep both sides in the first-level
// cache.
template <typename T>
void transposeAll(const T* from, int64_t fromStep, T* to, int64_t toStep, int64_t rows,
                  int64_t columns) {
    constexpr int64_t kTile = 32;
    for (int64_t i = 0; i < rows; i += kTile)
        for (int64_t j = 0; j < columns; j += kTile)
            transposeTile(from + j * fromStep + i, fromStep, to + i * toStep + j, toStep,
                          std::min(kTile, rows - i), std::min(kTile, columns - j));
}

// By whole lines: copies of a size that the compiler knows become wide stores.
template <typename T>
void fillRun(T* to, int64_t n, T value) {
    constexpr int64_t kLine = 256 / static_cast<int64_t>(sizeof(T));
    if (n >= kLine) {
        T line[kLine];
        std::fill_n(line, kLine, value);
        for (; n >= kLine; n -= kLine, to += kLine) std::memcpy(to, line, sizeof line);
    }
    std::fill_n(to, n, value);
}

}  // namespace

void StridedCopy::block(const char* source, char* target, int64_t begin,
                        int64_t end) const noexcept {
    size_t last = loops_.size() - 1;
    int64_t n = end - begin;  // of the outermost inner loop
    bySize(size_, [&](auto t) {
        using T = decltype(t);
        const T* from = reinterpret_cast<const T*>(source);
        T* to = reinterpret_cast<T*>(target);
        switch (kind_) {
            case Kind::run:
                if (from + begin != to + begin)
                    std::memcpy(to + begin, from + begin, static_cast<size_t>(n) * sizeof(T));
                break;
            case Kind::fill: fillRun(to + begin, n, *from); break;
            case Kind::transpose:
                transposeAll(from + begin, from_[last], to + begin * to_[last - 1], to_[last - 1],
                             n, loops_[last]);
                break;
            default:
                strided(from + begin * from_[last], from_[last], to + begin * to_[last], to_[last],
                        n);
                break;
        }
    });
}

void StridedCopy::run(const void* source, void* target) const noexcept {
    if (kind_ == Kind::nothing) return;
    size_t inner = innerLoops(), first = loops_.size() - inner;
    int64_t whole = loops_[first], work = whole * (inner == 2 ? loops_.back() : 1);
    const char* from =
        static_cast<const char*>(source) + sourceOffset_ * static_cast<int64_t>(size_);
    char* to = static_cast<char*>(target) + targetOffset_ * static_cast<int64_t>(size_);
    // Long inner loops are cut, so that few of them still feed all threads.
    constexpr int64_t kGrain = 32768;
    int64_t cuts = outer_ >= 16 ? 1 : std::clamp<int64_t>(work / kGrain, 1, 16);
    int64_t step = (whole + cuts - 1) / cuts;
    if (kind_ == Kind::transpose) step = (step + 31) / 32 * 32;
    cuts = (whole + step - 1) / step;
    int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, work / cuts));
    parallelFor(outer_ * cuts, grain, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            int64_t rest = task / cuts, at = 0, out = 0, cut = task % cuts * step;
            for (size_t d = first; d-- > 0; rest /= loops_[d]) {
                int64_t i = rest % loops_[d];
                at += i * from_[d];
                out += i * to_[d];
            }
            block(from + at * static_cast<int64_t>(size_), to + out * static_cast<int64_t>(size_),
                  cut, std::min(cut + step, whole));
        }
    });
}

}  // namespace bireme::cpu
