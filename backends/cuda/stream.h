// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/driver/api.h"
#include "backends/cuda/driver/ranges.h"
#include "device/backend.h"

#include <memory>
#include <utility>

namespace bireme::cuda {

class CudaDevice;

// A CUstream with the library handles that go with it. One thread at a time.
class CudaStream final : public device::Stream {
public:
    // Owns a stream of its own when `native` is null and `own`; else borrows (null: the default
    // stream). Throws Error.
    CudaStream(CudaDevice& device, CUstream native, bool own);
    ~CudaStream() override;
    CudaStream(const CudaStream&) = delete;
    CudaStream& operator=(const CudaStream&) = delete;

    // Where to enqueue now: the stream, or what records it while a capture runs.
    CUstream handle() noexcept {
        followsOwn_ = false;
        return capturing_ ? capture_ : stream_;
    }
    // The same for a kernel of ours, and whether what was enqueued before it is one too: only then
    // is it worth to start while that one ends.
    CUstream handleOfOwn(bool& followsOwn) noexcept {
        followsOwn = std::exchange(followsOwn_, true);
        return capturing_ ? capture_ : stream_;
    }
    CudaDevice& device() const noexcept { return device_; }
    // A cudnnHandle_t bound to handle(), made on first use; null with a bad status when it cannot
    // be had.
    void* cudnn(Status& status) noexcept;

    Status synchronize() noexcept override;
    void* native() const noexcept override { return stream_; }
    bool canCapture() const noexcept override { return true; }
    bool isCapturing() const noexcept override;  // by the caller of the engine
    Status beginCapture() noexcept override;
    Status endCapture(std::unique_ptr<device::ExecGraph>& graph) noexcept override;
    void beginRange(const char* name) noexcept override { cuda::beginRange(name); }
    void endRange() noexcept override { cuda::endRange(); }
    Status beginTimer() noexcept override;
    Status endTimer(float& milliseconds) noexcept override;

private:
    CudaDevice& device_;
    CUstream stream_ = nullptr, capture_ = nullptr;
    bool owned_ = false, capturing_ = false, followsOwn_ = false;
    CUevent begin_ = nullptr, end_ = nullptr;
    void* cudnn_ = nullptr;
    CUstream cudnnStream_ = nullptr;
};

inline CudaStream& cudaStream(device::Stream& s) { return static_cast<CudaStream&>(s); }

}  // namespace bireme::cuda
