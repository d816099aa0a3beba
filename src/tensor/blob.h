// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bireme {

// Immutable bytes: owned, mapped from a file, or borrowed from the user. Copying shares.
class Blob {
public:
    Blob() = default;
    static Blob own(std::vector<uint8_t> bytes);
    static Blob copy(const void* data, size_t size);
    static Blob borrow(const void* data, size_t size);  // caller keeps it alive
    static Blob hold(const void* data, size_t size,
                     std::shared_ptr<const void> keep);  // e.g. a mapped file
    template <typename T>
    static Blob of(const std::vector<T>& v) {
        return copy(v.data(), v.size() * sizeof(T));
    }

    explicit operator bool() const { return bytes_ != nullptr; }
    const uint8_t* data() const { return bytes_ ? bytes_->data : nullptr; }
    template <typename T>
    const T* as() const {
        return reinterpret_cast<const T*>(data());
    }
    size_t size() const { return bytes_ ? bytes_->size : 0; }
    bool borrowed() const { return bytes_ && !bytes_->keep; }
    bool sameAs(const Blob& o) const { return bytes_ == o.bytes_; }
    Blob part(size_t offset, size_t size) const;

private:
    struct Bytes {
        const uint8_t* data = nullptr;
        size_t size = 0;
        std::shared_ptr<const void> keep;
    };
    std::shared_ptr<const Bytes> bytes_;
};

}  // namespace bireme
