// SPDX-License-Identifier: Apache-2.0
#include "tensor/blob.h"

#include "base/status.h"

#include <cstring>
#include <new>

namespace bireme {

Blob Blob::hold(const void* data, size_t size, std::shared_ptr<const void> keep) {
    Blob b;
    b.bytes_ =
        std::make_shared<Bytes>(Bytes{static_cast<const uint8_t*>(data), size, std::move(keep)});
    return b;
}

Blob Blob::borrow(const void* data, size_t size) { return hold(data, size, nullptr); }

Blob Blob::own(std::vector<uint8_t> bytes) {
    auto keep = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
    const void* data = keep->data();
    size_t size = keep->size();
    return hold(data, size, std::move(keep));
}

Blob Blob::copy(const void* data, size_t size) {
    // 64-byte alignment, so that vector kernels may read constants in place.
    constexpr auto kAlign = std::align_val_t{64};
    void* p = ::operator new(size ? size : 1, kAlign);
    if (size) std::memcpy(p, data, size);
    return hold(p, size, std::shared_ptr<const void>(p, [](const void* q) {
                    ::operator delete (const_cast<void*>(q), std::align_val_t{64});
                }));
}

Blob Blob::part(size_t offset, size_t size) const {
    BIREME_ASSERT(offset <= this->size() && size <= this->size() - offset);
    return hold(data() + offset, size, bytes_->keep);
}

}  // namespace bireme
