// SPDX-License-Identifier: Apache-2.0
#include "allocation_count.h"

#include <cstddef>
#include <cstdlib>
#include <new>

static thread_local bool counting = false;
static thread_local int64_t calls = 0;

static void* take(size_t size, size_t alignment) {
    if (counting) ++calls;
    void* p = nullptr;
    if (alignment <= alignof(std::max_align_t))
        p = std::malloc(size ? size : 1);
    else if (posix_memalign(&p, alignment, size ? size : 1) != 0)
        p = nullptr;
    if (!p) throw std::bad_alloc();
    return p;
}

void* operator new(size_t size) { return take(size, 1); }
void* operator new[](size_t size) { return take(size, 1); }
void* operator new(size_t size, std::align_val_t a) { return take(size, static_cast<size_t>(a)); }
void* operator new[](size_t size, std::align_val_t a) { return take(size, static_cast<size_t>(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace bireme::runtime::test {

AllocationCount::AllocationCount() { calls = 0, counting = true; }
AllocationCount::~AllocationCount() { counting = false; }
int64_t AllocationCount::count() const { return calls; }

}  // namespace bireme::runtime::test
