// SPDX-License-Identifier: Apache-2.0
// Device memory of operands while kernels are timed, kept between kernels: filling it costs more
// than most kernels do.
#pragma once

#include "device/backend.h"

#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

namespace bireme::builder {

// Device memory, freed with its object. Throws Error when there is none.
class DeviceBuffer {
public:
    DeviceBuffer(device::Device& d, size_t size);
    DeviceBuffer(DeviceBuffer&& o) noexcept : device_(o.device_), p_(o.p_), size_(o.size_) {
        o.p_ = nullptr;
    }
    ~DeviceBuffer();
    void* get() const { return p_; }
    size_t size() const { return size_; }

private:
    device::Device& device_;
    void* p_;
    size_t size_;
};

class TimingMemory {
public:
    TimingMemory(device::Device& device, device::Stream& stream)
        : device_(device), stream_(stream) {}

    struct Item {
        DeviceBuffer buffer;
        bool used;
    };
    // Memory that is its holder's until it goes, whatever is restarted.
    class Loan {
    public:
        explicit Loan(Item& item) : item_(&item) {}
        Loan(Loan&& o) noexcept : item_(std::exchange(o.item_, nullptr)) {}
        ~Loan() {
            if (item_) item_->used = false;
        }
        void* get() const { return item_->buffer.get(); }

    private:
        Item* item_;
    };

    void release();  // all but what is lent
    void restart();  // everything that was handed out may be handed out again, but what is lent
    // Is so much held that it is better released?
    bool full() const { return held_ > kMost; }
    Loan lend(size_t bytes);
    // Small reals and zero integers: denormals and NaN must not decide which kernel is fastest.
    void* operand(const device::TensorShape& s);
    void* result(size_t bytes);
    void* bytes(const void* host,
                size_t size);  // a copy of host bytes; the bytes must outlive this
    void forgetBytes() { copies_.clear(); }

private:
    static constexpr size_t kMost = size_t{1} << 30;
    using Shelf = std::map<std::pair<int64_t, size_t>, std::list<Item>>;
    Item& take(Shelf& shelf, int64_t kind, size_t size, bool& fresh);
    void fill(void* to, DataType type, size_t size);

    device::Device& device_;
    device::Stream& stream_;
    Shelf operands_, results_, lent_;
    std::map<std::pair<const void*, size_t>, DeviceBuffer> copies_;
    size_t held_ = 0;
};

}  // namespace bireme::builder
