// SPDX-License-Identifier: Apache-2.0
#include "builder/timing_memory.h"

#include "base/status.h"
#include "base/text.h"
#include "tensor/convert.h"

#include <algorithm>

namespace bireme::builder {

DeviceBuffer::DeviceBuffer(device::Device& d, size_t size)
    : device_(d), p_(d.allocate(std::max<size_t>(size, 64), 256, nullptr)), size_(size) {
    if (!p_)
        fail(ErrorCode::kFAILED_ALLOCATION,
             cat("no memory for a buffer of ", humanBytes(size), " while timing"));
}

DeviceBuffer::~DeviceBuffer() {
    if (p_) device_.deallocate(p_, nullptr);
}

void TimingMemory::release() {
    operands_.clear(), results_.clear(), copies_.clear();
    held_ = 0;
    for (auto& [key, items] : lent_) {
        items.remove_if([](const Item& i) { return !i.used; });
        held_ += key.second * items.size();
    }
}

void TimingMemory::restart() {
    for (Shelf* shelf : {&operands_, &results_})
        for (auto& [key, items] : *shelf)
            for (Item& i : items) i.used = false;
}

TimingMemory::Item& TimingMemory::take(Shelf& shelf, int64_t kind, size_t size, bool& fresh) {
    auto& items = shelf[{kind, size}];
    auto it = std::find_if(items.begin(), items.end(), [](const Item& i) { return !i.used; });
    fresh = it == items.end();
    if (fresh) {
        items.push_back({DeviceBuffer(device_, size), true});
        held_ += size;
        return items.back();
    }
    it->used = true;
    return *it;
}

TimingMemory::Loan TimingMemory::lend(size_t bytes) {
    bool fresh = false;
    return Loan(take(lent_, 0, bytes, fresh));
}

void TimingMemory::fill(void* to, DataType type, size_t size) {
    std::vector<uint8_t> host(size, 0);
    if (isReal(type) && bits(type) >= 16) {
        auto n = static_cast<int64_t>(size) * 8 / bits(type);
        std::vector<float> values(static_cast<size_t>(n));
        for (size_t i = 0; i < values.size(); ++i)
            values[i] =
                static_cast<float>(static_cast<int>(i * 2654435761u >> 20 & 1023) - 512) / 512.0f;
        convertElements(DataType::kFLOAT, values.data(), type, host.data(), n);
    }
    if (!host.empty()) (void)device_.copy(to, host.data(), host.size(), stream_);
}

void* TimingMemory::operand(const device::TensorShape& s) {
    size_t size = bytesFor(s.type, s.format.bufferElements(s.dims));
    bool fresh = false;
    void* p = take(operands_, static_cast<int64_t>(s.type), size, fresh).buffer.get();
    if (fresh) fill(p, s.type, size);
    return p;
}

void* TimingMemory::result(size_t bytes) {
    bool fresh = false;
    return take(results_, 0, bytes, fresh).buffer.get();
}

void* TimingMemory::bytes(const void* host, size_t size) {
    if (auto it = copies_.find({host, size}); it != copies_.end()) return it->second.get();
    DeviceBuffer buffer(device_, size);
    if (size) (void)device_.copy(buffer.get(), host, size, stream_);
    return copies_.emplace(std::make_pair(host, size), std::move(buffer)).first->second.get();
}

}  // namespace bireme::builder
