// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bireme {

// Little-endian append-only buffer.
class ByteWriter {
public:
    template <typename T>
    requires std::is_trivially_copyable_v<T>
    void put(T v) { raw(&v, sizeof v); }
    void raw(const void* data, size_t size) {
        const auto* p = static_cast<const uint8_t*>(data);
        bytes_.insert(bytes_.end(), p, p + size);
    }
    void varint(uint64_t v);
    void string(std::string_view s) {
        varint(s.size());
        raw(s.data(), s.size());
    }
    void align(size_t alignment) {
        bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    }
    size_t size() const { return bytes_.size(); }
    const std::vector<uint8_t>& bytes() const { return bytes_; }
    std::vector<uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<uint8_t> bytes_;
};

// Bounds-checked view; every read past the end throws Error naming `what`. Borrows the bytes.
class ByteReader {
public:
    ByteReader(const void* data, size_t size, const char* what = "data")
        : p_(static_cast<const uint8_t*>(data)), size_(size), what_(what) {}

    template <typename T>
    requires std::is_trivially_copyable_v<T> T get() {
        T v;
        std::memcpy(&v, raw(sizeof v), sizeof v);
        return v;
    }
    const uint8_t* raw(size_t size);
    uint64_t varint();
    // A varint that counts things of at least `minBytesEach` in what is left, so hostile counts
    // cannot allocate.
    size_t count(size_t minBytesEach = 1);
    std::string string();
    ByteReader sub(size_t size) { return ByteReader(raw(size), size, what_); }
    size_t left() const { return size_ - at_; }
    size_t position() const { return at_; }
    bool done() const { return at_ == size_; }
    [[noreturn]] void corrupt(const std::string& why) const;

private:
    const uint8_t* p_;
    size_t size_;
    size_t at_ = 0;
    const char* what_;
};

}  // namespace bireme
