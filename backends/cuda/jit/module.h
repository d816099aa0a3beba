// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/device.h"
#include "backends/cuda/stream.h"
#include "base/bytes.h"
#include "tensor/blob.h"

#include <memory>
#include <mutex>

namespace bireme::cuda {

// Machine code on a device. The same code is loaded once per device, however many kernels have it.
class Module {
public:
    static std::shared_ptr<const Module> load(CudaDevice& device, const Blob& cubin);
    Module(CudaDevice& device, const Blob& cubin);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;
    CUfunction function(const char* name) const;  // throws Error

private:
    CudaDevice& device_;
    CUmodule module_ = nullptr;
};

// The code of one kernel as it travels in an engine; loaded on first use.
class Code {
public:
    Code(device::Device& device, Blob cubin) : device_(&device), cubin_(std::move(cubin)) {}
    static Code load(ByteReader& in, device::Device& device);
    Code(Code&& o) noexcept : device_(o.device_), cubin_(std::move(o.cubin_)) {}

    void save(ByteWriter& out) const;
    CudaDevice& device() const;  // asserts that it is a GPU
    // Throws Error. `sharedBytes`: dynamic shared memory that launches will ask for.
    CUfunction function(const char* name, size_t sharedBytes = 0) const;

private:
    device::Device* device_;
    Blob cubin_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const Module> module_;
};

struct Grid {
    unsigned x = 1, y = 1, z = 1;
    unsigned threads = 256;
    unsigned sharedBytes = 0;
    unsigned threadsY = 1;
    unsigned cluster = 1;  // neighbours along x that run together; above 1 from capability 9.0 on
};

// A kernel whose only parameter is the struct that `parameters` points to. It may start before the
// kernel in front of it ends: it calls awaitPrevious() of cu/common.cuh first.
Status launch(device::Stream& stream, CUfunction f, const Grid& g, void* parameters) noexcept;

}  // namespace bireme::cuda
