// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/bireme.h"

#include <memory>

namespace bireme::cli {

// Times work on a GPU by the GPU's own clock, on a stream of its own. The driver is opened at run
// time.
class GpuClock {
public:
    static std::unique_ptr<GpuClock> open();  // null where there is no driver
    ~GpuClock();
    GpuClock(const GpuClock&) = delete;
    GpuClock& operator=(const GpuClock&) = delete;

    cudaStream_t stream() const { return static_cast<cudaStream_t>(stream_); }
    int attribute(int which) const;  // a CUdevice_attribute of the device; 0 when it has none
    double memoryInUse() const;      // bytes of the device, by all processes; negative when unknown
    bool begin();
    double end();  // milliseconds since begin(), waits for the work; negative when it failed

private:
    GpuClock() = default;
    struct Driver;
    std::unique_ptr<Driver> driver_;
    void *stream_ = nullptr, *begin_ = nullptr, *end_ = nullptr;
};

}  // namespace bireme::cli
