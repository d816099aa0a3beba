// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/movement/table_copy.h"

#include "base/parallel_for.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

namespace {

constexpr int64_t kParallelBytes = 64 * 1024;  // below, waking threads costs more than copying

template <typename T>
void stridedRow(uint8_t* to, int64_t toStep, const uint8_t* from, int64_t fromStep, int64_t n) {
    T* t = reinterpret_cast<T*>(to);
    const T* f = reinterpret_cast<const T*>(from);
    for (int64_t i = 0; i < n; ++i) t[i * toStep] = f[i * fromStep];
}

template <typename T>
void tableRow(uint8_t* to, const CopyAxis& a, const uint8_t* from, const uint8_t* fill) {
    T* t = reinterpret_cast<T*>(to);
    const T* f = reinterpret_cast<const T*>(from);
    T nothing{};
    if (fill) std::memcpy(&nothing, fill, sizeof nothing);
    for (int64_t i = 0; i < a.count; ++i)
        t[i * a.outStep] =
            a.offsets[static_cast<size_t>(i)] < 0 ? nothing : f[a.offsets[static_cast<size_t>(i)]];
}

template <typename T>
void block(uint8_t* to, int64_t toA, int64_t toB, const uint8_t* from, int64_t fromA, int64_t fromB,
           int64_t a, int64_t b) {
    T* t = reinterpret_cast<T*>(to);
    const T* f = reinterpret_cast<const T*>(from);
    constexpr int64_t kSide = 16;
    for (int64_t i0 = 0; i0 < a; i0 += kSide)
        for (int64_t j0 = 0; j0 < b; j0 += kSide) {
            int64_t i1 = std::min(a, i0 + kSide), j1 = std::min(b, j0 + kSide);
            for (int64_t i = i0; i < i1; ++i)
                for (int64_t j = j0; j < j1; ++j) t[i * toA + j * toB] = f[i * fromA + j * fromB];
        }
}

template <typename F>
void bySize(size_t size, F&& f) {
    switch (size) {
        case 1: return f(uint8_t{});
        case 2: return f(uint16_t{});
        case 4: return f(uint32_t{});
        default: return f(uint64_t{});
    }
}

}  // namespace

int64_t simplify(CopyAxis& axis) {
    if (axis.offsets.empty()) return 0;
    int64_t first = axis.offsets[0], step = axis.offsets.size() > 1 ? axis.offsets[1] - first : 0;
    for (size_t i = 0; i < axis.offsets.size(); ++i)
        if (axis.offsets[i] < 0 || axis.offsets[i] != first + static_cast<int64_t>(i) * step)
            return 0;
    axis.step = step;
    axis.offsets.clear();
    return first;
}

TableCopy::TableCopy(std::vector<CopyAxis> axes, size_t elementSize, int64_t fromOffset,
                     int64_t toOffset)
    : size_(elementSize), fromOffset_(fromOffset), toOffset_(toOffset), total_(1) {
    for (CopyAxis& a : axes) {
        total_ *= a.count;
        fromOffset_ += simplify(a);
    }
    std::erase_if(axes, [](const CopyAxis& a) { return a.count == 1 && a.offsets.empty(); });
    std::stable_sort(axes.begin(), axes.end(),
                     [](const CopyAxis& a, const CopyAxis& b) { return a.outStep > b.outStep; });
    for (CopyAxis& a : axes) {
        bool joins = !axes_.empty() && a.offsets.empty() && axes_.back().offsets.empty() &&
                     axes_.back().outStep == a.outStep * a.count &&
                     axes_.back().step == a.step * a.count;
        if (!joins) {
            axes_.push_back(std::move(a));
            continue;
        }
        axes_.back().count *= a.count;
        axes_.back().outStep = a.outStep;
        axes_.back().step = a.step;
    }
    if (axes_.empty()) axes_.push_back({1, 1, 1, {}});
    const CopyAxis& inner = axes_.back();
    if (inner.offsets.empty() && inner.step != 1 && inner.step != 0 && inner.count >= 4)
        for (size_t d = 0; d + 1 < axes_.size(); ++d)
            if (axes_[d].offsets.empty() && axes_[d].step == 1 && axes_[d].count >= 4)
                block_ = static_cast<int>(d);
    if (block_ >= 0)
        std::rotate(axes_.begin() + block_, axes_.begin() + block_ + 1, axes_.end() - 1);
    for (size_t d = 0; d + (block_ >= 0 ? 2 : 1) < axes_.size(); ++d) outer_ *= axes_[d].count;
}

void TableCopy::row(uint8_t* to, const uint8_t* from, const uint8_t* fill) const noexcept {
    const CopyAxis& a = axes_.back();
    if (!a.offsets.empty())
        return bySize(size_, [&](auto t) { tableRow<decltype(t)>(to, a, from, fill); });
    if (a.step == 1 && a.outStep == 1) {
        std::memcpy(to, from, static_cast<size_t>(a.count) * size_);
        return;
    }
    bySize(size_, [&](auto t) { stridedRow<decltype(t)>(to, a.outStep, from, a.step, a.count); });
}

void TableCopy::walk(uint8_t* to, const uint8_t* from, const uint8_t* fill, int64_t begin,
                     int64_t end) const noexcept {
    size_t loops = axes_.size() - (block_ >= 0 ? 2 : 1);
    auto size = static_cast<int64_t>(size_);
    for (int64_t at = begin; at < end; ++at) {
        int64_t rest = at, f = 0, t = 0;
        bool nothing = false;
        for (size_t d = loops; d-- > 0;) {
            const CopyAxis& a = axes_[d];
            int64_t i = rest % a.count;
            rest /= a.count;
            t += i * a.outStep;
            int64_t offset = a.offsets.empty() ? i * a.step : a.offsets[static_cast<size_t>(i)];
            nothing = nothing || (offset < 0 && !a.offsets.empty());
            f += offset;
        }
        uint8_t* out = to + t * size;
        if (nothing) {
            uint64_t zero = 0;
            const void* element = fill ? static_cast<const void*>(fill) : &zero;
            const CopyAxis& a = axes_.back();
            for (int64_t i = 0; i < a.count; ++i)
                std::memcpy(out + i * a.outStep * size, element, size_);
        } else if (block_ >= 0) {
            const CopyAxis &a = axes_[loops], &b = axes_.back();
            bySize(size_, [&](auto z) {
                block<decltype(z)>(out, a.outStep, b.outStep, from + f * size, a.step, b.step,
                                   a.count, b.count);
            });
        } else {
            row(out, from + f * size, fill);
        }
    }
}

void TableCopy::run(void* to, const void* from, const void* fill) const noexcept {
    if (total_ == 0) return;
    auto* t = static_cast<uint8_t*>(to) + toOffset_ * static_cast<int64_t>(size_);
    const auto* f = static_cast<const uint8_t*>(from) + fromOffset_ * static_cast<int64_t>(size_);
    const auto* fillBytes = static_cast<const uint8_t*>(fill);
    int64_t bytes = total_ * static_cast<int64_t>(size_);
    if (bytes < 2 * kParallelBytes || outer_ == 1) {
        if (outer_ > 1 || bytes < 2 * kParallelBytes || !isMemcpy())
            return walk(t, f, fillBytes, 0, outer_);
        parallelFor(bytes, kParallelBytes, [&](int64_t b, int64_t e) {
            std::memcpy(t + b, f + b, static_cast<size_t>(e - b));
        });
        return;
    }
    int64_t grain = std::max<int64_t>(1, kParallelBytes * outer_ / bytes);
    parallelFor(outer_, grain, [&](int64_t b, int64_t e) { walk(t, f, fillBytes, b, e); });
}

}  // namespace bireme::cpu
