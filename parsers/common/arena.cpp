// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace bireme::parsers {

namespace {
constexpr size_t kAlignment = 64;
constexpr size_t kFirstBlock = size_t{64} << 10;
constexpr size_t kBlock = size_t{16} << 20;
constexpr size_t kPage = size_t{2} << 20;

size_t roundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }
}  // namespace

void* Arena::allocate(size_t bytes) {
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    bytes = roundUp(std::max<size_t>(bytes, 1), kAlignment);
    if (bytes > left_) {
        const size_t least = blocks_.empty() ? kFirstBlock : kBlock;
        const bool large = std::max(bytes, least) >= kPage;
        const size_t size = roundUp(std::max(bytes, least), large ? kPage : kAlignment);
        auto* block = static_cast<char*>(std::aligned_alloc(large ? kPage : kAlignment, size));
        if (block == nullptr) throw std::bad_alloc();
        blocks_.emplace_back(block);
        if (large) ::madvise(block, size, MADV_HUGEPAGE);  // a fault per 2 MiB, not per 4 KiB
        at_ = block;
        left_ = size;
    }
    void* out = at_;
    at_ += bytes;
    left_ -= bytes;
    return out;
}

}  // namespace bireme::parsers
