// SPDX-License-Identifier: Apache-2.0
#include "base/pages.h"

#include "base/parallel_for.h"

#include <sys/mman.h>
#include <algorithm>
#include <cstring>
#include <new>

namespace bireme {

static constexpr size_t kPage = 4096, kHuge = size_t{2} << 20;

static size_t roundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

static uint8_t* hugeAligned(void* p) {
    const size_t past = reinterpret_cast<uintptr_t>(p) % kHuge;
    return static_cast<uint8_t*>(p) + (past ? kHuge - past : 0);
}

static void* map(size_t size, int protection) {
    return ::mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

std::shared_ptr<uint8_t> zeroedPages(size_t size) {
    if (size < 2 * kHuge) {
        auto* p = static_cast<uint8_t*>(::operator new (size ? size : 1, std::align_val_t{kPage}));
        std::memset(p, 0, size);
        return {p, [](uint8_t* q) { ::operator delete (q, std::align_val_t{kPage}); }};
    }
    const size_t length = roundUp(size, kPage) + kHuge;
    void* all = map(length, PROT_READ | PROT_WRITE);
    if (all == MAP_FAILED) throw std::bad_alloc();
    uint8_t* p = hugeAligned(all);
    ::madvise(p, size / kHuge * kHuge, MADV_HUGEPAGE);
    return {p, [all, length](uint8_t*) { ::munmap(all, length); }};
}

void copyBytes(void* to, const void* from, size_t size) {
    constexpr size_t kPiece = size_t{1} << 20;
    parallelFor(static_cast<int64_t>((size + kPiece - 1) / kPiece), 2,
                [&](int64_t begin, int64_t end) {
                    const size_t at = static_cast<size_t>(begin) * kPiece,
                                 last = std::min(size, static_cast<size_t>(end) * kPiece);
                    std::memcpy(static_cast<uint8_t*>(to) + at,
                                static_cast<const uint8_t*>(from) + at, last - at);
                });
}

GrowingPages::GrowingPages() {
    // As much as the limits of the process allow; thread sanitizers leave little more.
    for (reserved_ = size_t{1} << 38; reserved_ > 2 * kRoom; reserved_ /= 2)
        if ((mapped_ = map(reserved_, PROT_NONE)) != MAP_FAILED) break;
    if (mapped_ == MAP_FAILED || !mapped_) throw std::bad_alloc();
    begin_ = hugeAligned(mapped_);
    reserved_ -= static_cast<size_t>(begin_ - static_cast<uint8_t*>(mapped_));
    usable_ = kRoom;
    if (::mprotect(begin_, kRoom, PROT_READ | PROT_WRITE) != 0) {
        ::munmap(mapped_, reserved_ + static_cast<size_t>(begin_ - static_cast<uint8_t*>(mapped_)));
        throw std::bad_alloc();
    }
}

GrowingPages::~GrowingPages() {
    ::munmap(mapped_, reserved_ + static_cast<size_t>(begin_ - static_cast<uint8_t*>(mapped_)));
}

void GrowingPages::resize(size_t size) {
    constexpr size_t kStep = size_t{64} << 20;
    if (size > reserved_ - kRoom) throw std::bad_alloc();
    if (const size_t end = kRoom + size; end > usable_) {
        const size_t grown = std::min(reserved_ / kHuge * kHuge, roundUp(end, kStep));
        if (end > grown ||
            ::mprotect(begin_ + usable_, grown - usable_, PROT_READ | PROT_WRITE) != 0)
            throw std::bad_alloc();
        uint8_t* large =
            begin_ + std::max(usable_, kRoom + 2 * kHuge);  // small ones take small pages
        ::madvise(large, static_cast<size_t>(begin_ + grown - large), MADV_HUGEPAGE);
        usable_ = grown;
    }
    size_ = size;
}

}  // namespace bireme
