// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/driver/api.h"
#include "device/backend.h"

#include <atomic>
#include <mutex>

namespace bireme::cuda {

// One GPU, through its primary context (so that memory is shared with the CUDA runtime of the
// process). Lives as long as the process.
class CudaDevice final : public device::Device {
public:
    explicit CudaDevice(int index);  // throws Error

    const device::DeviceProperties& properties() const override { return properties_; }
    std::vector<std::pair<std::string, std::string>> fingerprint() const override;
    std::string madeAgain(
        const std::vector<std::pair<std::string, std::string>>& engine) const override;
    std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>& engine) const override;
    void* allocate(size_t size, size_t alignment, device::Stream* stream) noexcept override;
    void deallocate(void* p, device::Stream* stream) noexcept override;
    Status copy(void* to, const void* from, size_t size, device::Stream& stream) noexcept override;
    std::unique_ptr<device::Stream> createStream() override;
    std::unique_ptr<device::Stream> wrapStream(void* native) override;

    // Our context on the calling thread, for the calls that follow.
    Status makeCurrent() const noexcept {
        CUcontext now = nullptr;
        if (cu().cuCtxGetCurrent(&now) == CUDA_SUCCESS && now == context_) return {};
        return statusOf(cu().cuCtxSetCurrent(context_), "cuCtxSetCurrent");
    }
    int architecture() const { return architecture_; }  // 90: what code is compiled for
    int capability() const { return capability_; }      // as architecture, capped by the user
    // Kernels start while the one before them ends (programmatic dependent launch).
    bool overlaps() const { return overlaps_; }
    int multiprocessors() const { return properties_.cores; }
    int sharedMemoryLimit() const { return sharedLimit_; }  // bytes a block may opt in to
    size_t l2Bytes() const { return l2_; }
    // cublasLtHandle_t, shared by all threads; null with a bad status when it cannot be had.
    void* cublasLt(Status& status) noexcept;

private:
    int attribute(CUdevice_attribute a) const;
    CUdevice device_ = 0;
    CUcontext context_ = nullptr;
    CUmemoryPool pool_ = nullptr;
    device::DeviceProperties properties_;
    int architecture_ = 0, capability_ = 0, sharedLimit_ = 0;
    bool overlaps_ = false;
    size_t l2_ = 0;
    std::mutex mutex_;
    std::atomic<void*> cublasLt_{nullptr};
};

}  // namespace bireme::cuda
