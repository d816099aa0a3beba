// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace bireme {

// Page-aligned memory of zeros. Large ones ask for huge pages, which come far faster than small
// ones. Throws std::bad_alloc.
std::shared_ptr<uint8_t> zeroedPages(size_t size);

// memcpy by several threads.
void copyBytes(void* to, const void* from, size_t size);

// Bytes that grow at their end and never move, zeros at first, with room before them. Addresses are
// reserved, memory comes as it is touched.
class GrowingPages {
public:
    static constexpr size_t kRoom = size_t{64} << 20;  // before data()

    GrowingPages();  // throws std::bad_alloc
    ~GrowingPages();
    GrowingPages(const GrowingPages&) = delete;
    GrowingPages& operator=(const GrowingPages&) = delete;

    uint8_t* data() const { return begin_ + kRoom; }  // a multiple of a huge page
    size_t size() const { return size_; }
    void resize(size_t size);  // larger; throws std::bad_alloc

private:
    void* mapped_ = nullptr;
    uint8_t* begin_ = nullptr;
    size_t reserved_ = 0, usable_ = 0, size_ = 0;  // bytes; the first of `mapped_`
};

}  // namespace bireme
