// SPDX-License-Identifier: Apache-2.0
#include "ops/support/slice_extent.h"

#include "ops/support/arguments.h"
#include "ops/support/symbolic_elements.h"

#include <algorithm>

namespace bireme::ops {

// Exporters write "to the end" as the largest integer of 32 or 64 bits, or one near.
constexpr int64_t kHuge = INT32_MAX - 1024;

SliceBounds sliceBounds(int64_t extent, int64_t start, int64_t end, int64_t stride) {
    stride = std::max(stride, -INT64_MAX);  // so that it can be negated
    auto clamped = [&](int64_t i, int64_t low, int64_t high) {
        if (i < 0) i = i < -extent ? -1 : i + extent;
        return std::clamp(i, low, high);
    };
    if (stride > 0) {
        int64_t s = clamped(start, 0, extent), e = clamped(end, 0, extent);
        return {s, e > s ? (e - s - 1) / stride + 1 : 0};
    }
    // Backwards, "before the first" is -1: what lies left of the axis clamps to it for the end, to
    // 0 for the start.
    int64_t s = std::max<int64_t>(clamped(start, -1, extent - 1), 0),
            e = clamped(end, -1, extent - 1);
    return {s, s > e && extent > 0 ? (s - e - 1) / -stride + 1 : 0};
}

static Dim notNegative(const Dim& n) {
    return n.isStatic() ? Dim(std::max<int64_t>(0, n.value())) : max(n, Dim(0));
}

static Dim counted(const Dim& span, int64_t stride) {
    return ceilDiv(span, Dim(stride < 0 ? -stride : stride));
}

// A bound whose sign only the run tells.
static Dim fromEitherEnd(const Dim& i, const Dim& extent) { return i + less(i, Dim(0)) * extent; }

// `i` on an axis of symbolic extent, or a symbolic `i`.
static Dim positioned(const Dim& i, const Dim& extent) {
    if (isUncertain(i)) return max(min(fromEitherEnd(i, extent), extent), Dim(0));
    return i.isStatic()                 ? (i.value() < 0 ? i + extent : i)
           : isNonNegative(Dim(-1) * i) ? i + extent
                                        : i;
}

static Dim forwards(const Dim& extent, const Dim& start, const Dim& end, int64_t stride) {
    if (end.isStatic() && end.value() <= -kHuge) return Dim(0);
    Dim s = start.isStatic() && start.value() <= -kHuge ? Dim(0) : positioned(start, extent);
    if (end.isStatic() && end.value() >= kHuge) return counted(extent - s, stride);
    Dim e = positioned(end, extent);
    bool fromEnd = end.isStatic() && end.value() < 0;
    if (fromEnd) {
        Dim n = e - s;
        return counted(n.isStatic() ? notNegative(n) : n, stride);
    }
    if (!isNonNegative(extent - e)) e = min(extent, e);
    Dim n = e - s;
    return counted(isNonNegative(n) ? n : notNegative(n), stride);
}

static Dim backwards(const Dim& extent, const Dim& start, const Dim& end, int64_t stride) {
    Dim last = extent - Dim(1), s = last;
    if (!(start.isStatic() && start.value() >= kHuge)) {
        s = positioned(start, extent);
        if (!isNonNegative(last - s)) s = min(s, last);
    }
    Dim e(-1);
    if (!(end.isStatic() && end.value() <= -kHuge)) e = positioned(end, extent);
    Dim n = s - e;
    return counted(isNonNegative(n) ? n : notNegative(n), stride);
}

Dim sliceExtent(const Dim& extent, const Dim& start, const Dim& end, int64_t stride) {
    if (extent.isStatic() && start.isStatic() && end.isStatic())
        return Dim(sliceBounds(extent.value(), start.value(), end.value(), stride).count);
    return stride > 0 ? forwards(extent, start, end, stride)
                      : backwards(extent, start, end, stride);
}

}  // namespace bireme::ops
