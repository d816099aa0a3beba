// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"
#include "runtime/engine.h"

#include <cstddef>
#include <utility>

namespace bireme::runtime {

// Memory of the engine's device, from the user's allocator where there is one.
inline void* allocate(const Engine& engine, size_t size, device::Stream* stream) noexcept {
    constexpr size_t kAlign = 256;
    void* native = stream ? stream->native() : nullptr;
    if (!engine.allocator()) return engine.device().allocate(size, kAlign, stream);
    return engine.allocator()->allocateAsync(size, kAlign, 0, static_cast<cudaStream_t>(native));
}

inline void deallocate(const Engine& engine, void* p, device::Stream* stream) noexcept {
    if (!p) return;
    void* native = stream ? stream->native() : nullptr;
    if (!engine.allocator())
        engine.device().deallocate(p, stream);
    else
        engine.allocator()->deallocateAsync(p, static_cast<cudaStream_t>(native));
}

// Owned memory that grows when asked for more; the contents are lost then.
class Buffer {
public:
    explicit Buffer(const Engine& engine) : engine_(&engine) {}
    Buffer(Buffer&& o) noexcept : engine_(o.engine_), data_(o.data_), size_(o.size_) {
        o.data_ = nullptr, o.size_ = 0;
    }
    Buffer& operator=(Buffer&& o) noexcept {
        std::swap(data_, o.data_), std::swap(size_, o.size_), std::swap(engine_, o.engine_);
        return *this;
    }
    ~Buffer() { deallocate(*engine_, data_, nullptr); }

    void* data() const noexcept { return data_; }
    size_t size() const noexcept { return size_; }
    bool reserve(size_t size, device::Stream* stream) noexcept {
        if (data_ && size <= size_) return true;
        deallocate(*engine_, data_, stream);
        data_ = allocate(*engine_, size ? size : 1, stream);
        size_ = data_ ? size : 0;
        return data_ != nullptr;
    }

private:
    const Engine* engine_;
    void* data_ = nullptr;
    size_t size_ = 0;
};

}  // namespace bireme::runtime
