// SPDX-License-Identifier: Apache-2.0
#include "plan/halves.h"

#include "base/pages.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "plan/layout.h"
#include "tensor/convert.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

namespace bireme::plan {

namespace {

constexpr uint64_t kAlign = 64;  // of a constant, in a file and in memory
constexpr int64_t kPiece = 4096;

uint64_t storedSize(const ConstantRef& c) { return c.halves ? c.size / 2 : c.size; }

bool anyHalves(const Plan& plan) {
    return std::any_of(plan.constants.begin(), plan.constants.end(),
                       [](const ConstantRef& c) { return c.halves; });
}

void convertAll(DataType from, const uint8_t* source, DataType to, uint8_t* target, int64_t n) {
    const int64_t in = bits(from) / 8, out = bits(to) / 8;
    parallelFor((n + kPiece - 1) / kPiece, 16, [&](int64_t begin, int64_t end) {
        const int64_t first = begin * kPiece, count = std::min(n, end * kPiece) - first;
        convertElements(from, source + first * in, to, target + first * out, count);
    });
}

}  // namespace

bool areHalves(const void* floats, size_t bytes) {
    if (bytes % sizeof(float) != 0) return false;
    const auto* source = static_cast<const uint8_t*>(floats);
    const auto n = static_cast<int64_t>(bytes / sizeof(float));
    std::atomic<bool> all{true};
    parallelFor((n + kPiece - 1) / kPiece, 16, [&](int64_t begin, int64_t end) {
        uint16_t half[kPiece];
        float back[kPiece];
        for (int64_t i = begin; i < end && all; ++i) {
            const int64_t count = std::min(kPiece, n - i * kPiece);
            const uint8_t* x = source + i * kPiece * static_cast<int64_t>(sizeof(float));
            convertElements(DataType::kFLOAT, x, DataType::kHALF, half, count);
            convertElements(DataType::kHALF, half, DataType::kFLOAT, back, count);
            if (std::memcmp(x, back, static_cast<size_t>(count) * sizeof(float)) != 0) all = false;
        }
    });
    return all;
}

Blob shrinkWeights(const Plan& plan) {
    if (!anyHalves(plan)) return plan.weights;
    uint64_t size = 0;
    for (const ConstantRef& c : plan.constants) size += alignUp(storedSize(c), kAlign);
    auto file = zeroedPages(size);
    uint64_t at = 0;
    for (const ConstantRef& c : plan.constants) {
        const uint8_t* from = plan.weights.data() + c.offset;
        if (c.halves)
            convertAll(DataType::kFLOAT, from, DataType::kHALF, file.get() + at,
                       static_cast<int64_t>(c.size / sizeof(float)));
        else if (c.size)
            copyBytes(file.get() + at, from, c.size);
        at += alignUp(storedSize(c), kAlign);
    }
    return Blob::hold(file.get(), size, file);
}

Blob expandWeights(const Plan& plan, const Blob& stored) {
    if (!anyHalves(plan)) return stored;
    uint64_t size = 0, at = 0;
    for (const ConstantRef& c : plan.constants) {
        // No size is believed that the bytes of the file do not bear out.
        const uint64_t left = stored.size() - at;
        if (c.offset != size || c.size > 2 * stored.size() || storedSize(c) > left ||
            alignUp(storedSize(c), kAlign) > left || (c.halves && c.size % sizeof(float) != 0))
            fail(ErrorCode::kINVALID_ARGUMENT,
                 cat("constant \"", c.name, "\" lies outside the weights"));
        at += alignUp(storedSize(c), kAlign);
        size += alignUp(c.size, kAlign);
    }
    auto memory = zeroedPages(size);
    at = 0;
    for (const ConstantRef& c : plan.constants) {
        const uint8_t* from = stored.data() + at;
        if (c.halves)
            convertAll(DataType::kHALF, from, DataType::kFLOAT, memory.get() + c.offset,
                       static_cast<int64_t>(c.size / sizeof(float)));
        else if (c.size)
            copyBytes(memory.get() + c.offset, from, c.size);
        at += alignUp(storedSize(c), kAlign);
    }
    return Blob::hold(memory.get(), size, memory);
}

}  // namespace bireme::plan
