// SPDX-License-Identifier: Apache-2.0
// Numbers that a kernel needs for one shape, in device memory from binding on.
#pragma once

#include "backends/cuda/device.h"
#include "base/status.h"

namespace bireme::cuda {

class DeviceTable {
public:
    // Throws Error.
    DeviceTable(CudaDevice& device, const void* bytes, size_t size) : device_(device) {
        memory_ = device.allocate(size, 256, nullptr);
        if (!memory_) fail(ErrorCode::kFAILED_ALLOCATION, "no device memory for a kernel's table");
        Status s = BIREME_CU(cuMemcpyHtoD, reinterpret_cast<CUdeviceptr>(memory_), bytes, size);
        if (s.ok()) return;
        device_.deallocate(memory_, nullptr);
        fail(s.code, s.message);
    }
    ~DeviceTable() { device_.deallocate(memory_, nullptr); }
    DeviceTable(const DeviceTable&) = delete;
    DeviceTable& operator=(const DeviceTable&) = delete;
    const void* get() const noexcept { return memory_; }

private:
    CudaDevice& device_;
    void* memory_ = nullptr;
};

}  // namespace bireme::cuda
