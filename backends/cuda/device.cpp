// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device.h"

#include "backends/cuda/driver/versions.h"
#include "backends/cuda/stream.h"
#include "base/env.h"
#include "base/text.h"
#ifdef BIREME_HAVE_CUBLASLT
#include "backends/cuda/driver/cublaslt_api.h"
#endif

#include <algorithm>
#include <cstdlib>

namespace bireme::cuda {

int CudaDevice::attribute(CUdevice_attribute a) const {
    int v = 0;
    BIREME_CU_OR_THROW(cuDeviceGetAttribute, &v, a, device_);
    return v;
}

CudaDevice::CudaDevice(int index) {
    BIREME_CU_OR_THROW(cuDeviceGet, &device_, index);
    char name[256] = {};
    BIREME_CU_OR_THROW(cuDeviceGetName, name, sizeof name - 1, device_);
    properties_.type = DeviceType::kGPU;
    properties_.name = name;
    properties_.index = index;
    properties_.hostMemory = false;
    BIREME_CU_OR_THROW(cuDeviceTotalMem, &properties_.memory, device_);
    properties_.cores = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    architecture_ = 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                    attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    if (architecture_ < 80)
        fail(ErrorCode::kUNSUPPORTED_STATE,
             cat(properties_.name, " has compute capability ", architecture_ / 10, ".",
                 architecture_ % 10, ", 8.0 is the least that is supported"));
    properties_.architecture = architecture_;
    // Two transfers a clock (kHz), half of the bus' peak: small tensors do not reach more.
    properties_.copySpeed =
        std::max(1e8, static_cast<double>(attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE)) *
                          attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH) / 8);
    properties_.convertSpeed = properties_.copySpeed;
    properties_.launchMs = 0.002;
    auto cap = static_cast<int>(envInt("BIREME_CUDA_MAX_CC"));
    capability_ = cap > 0 && cap < architecture_ ? cap : architecture_;
    overlaps_ = capability_ >= 90 && envInt("BIREME_CUDA_OVERLAP") != 0;
    sharedLimit_ = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    l2_ = static_cast<size_t>(attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
    BIREME_CU_OR_THROW(cuDevicePrimaryCtxRetain, &context_, device_);
    orThrow(makeCurrent());
    CUmemPoolProps pool{};
    pool.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    pool.location = {CU_MEM_LOCATION_TYPE_DEVICE, {device_}};
    BIREME_CU_OR_THROW(cuMemPoolCreate, &pool_, &pool);
    // Memory of the pool that is free stays ours up to this: a steady context never asks the
    // driver.
    cuuint64_t keep = uint64_t{64} << 20;
    BIREME_CU_OR_THROW(cuMemPoolSetAttribute, pool_, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keep);
}

std::vector<std::pair<std::string, std::string>> CudaDevice::fingerprint() const {
    return {{"device", "cuda"},
            {"compute", cat(architecture_ / 10, ".", architecture_ % 10)},
            {"kernels", cat(capability_)},
            {"gpu", properties_.name},
            {"multiprocessors", cat(properties_.cores)},
            {"driver", driverVersion()},
            {"nvrtc", nvrtc().version()},
            {"cudnn", cudnnVersion()},
            {"cublaslt", cublasLtVersion()}};
}

static int major(const std::string& version) { return std::atoi(version.c_str()); }

// A newer driver runs an older engine. Kernels of another cuDNN or cuBLASLt make themselves anew
// from what they recorded, so those versions refuse nothing.
std::string CudaDevice::incompatibility(
    const std::vector<std::pair<std::string, std::string>>& engine) const {
    std::string here = cat(architecture_ / 10, ".", architecture_ % 10);
    for (const auto& [key, value] : engine) {
        if (key == "device" && value != "cuda")
            return cat("the engine was built for a ", value, ", this is a GPU");
        if (key == "compute" && value != here)
            return cat("the engine's code is for compute capability ", value, ", this GPU has ",
                       here);
        if (key == "nvrtc" && major(value) > major(driverVersion()))
            return cat("the engine's code was made by CUDA ", value,
                       ", the driver here is for CUDA ", driverVersion());
    }
    return {};
}

std::string CudaDevice::madeAgain(
    const std::vector<std::pair<std::string, std::string>>& engine) const {
    return otherVersions(engine, cudnnVersion(), cublasLtVersion());
}

// Without a stream the memory is there for every stream at once; both kinds are freed alike.
void* CudaDevice::allocate(size_t size, size_t, device::Stream* stream) noexcept {
    if (!makeCurrent().ok()) return nullptr;
    CUdeviceptr p = 0;
    size = size ? size : 1;
    CUresult r = stream
                     ? cu().cuMemAllocFromPoolAsync(&p, size, pool_, cudaStream(*stream).handle())
                     : cu().cuMemAlloc(&p, size);
    if (r == CUDA_ERROR_OUT_OF_MEMORY && !stream) {
        (void)cu().cuMemPoolTrimTo(pool_, 0);
        r = cu().cuMemAlloc(&p, size);
    }
    return r == CUDA_SUCCESS ? reinterpret_cast<void*>(p) : nullptr;
}

void CudaDevice::deallocate(void* p, device::Stream* stream) noexcept {
    if (!p || !makeCurrent().ok()) return;
    auto address = reinterpret_cast<CUdeviceptr>(p);
    if (stream)
        (void)cu().cuMemFreeAsync(address, cudaStream(*stream).handle());
    else
        (void)cu().cuMemFree(address);
}

Status CudaDevice::copy(void* to, const void* from, size_t size, device::Stream& stream) noexcept {
    if (size == 0) return Status::success();
    if (Status s = makeCurrent(); !s.ok()) return s;
    return BIREME_CU(cuMemcpyAsync, reinterpret_cast<CUdeviceptr>(to),
                     reinterpret_cast<CUdeviceptr>(from), size, cudaStream(stream).handle());
}

std::unique_ptr<device::Stream> CudaDevice::createStream() {
    return std::make_unique<CudaStream>(*this, nullptr, true);
}

std::unique_ptr<device::Stream> CudaDevice::wrapStream(void* native) {
    return std::make_unique<CudaStream>(*this, static_cast<CUstream>(native), false);
}

void* CudaDevice::cublasLt(Status& status) noexcept {
    status = Status::success();
    if (void* h = cublasLt_.load()) return h;
#ifdef BIREME_HAVE_CUBLASLT
    std::lock_guard lock(mutex_);
    if (void* h = cublasLt_.load()) return h;
    auto& api = cublaslt();
    if (!api.library.handle()) {
        status = Status::failure(ErrorCode::kFAILED_INITIALIZATION, "cuBLASLt is not there");
        return nullptr;
    }
    status = makeCurrent();
    cublasLtHandle_t h = nullptr;
    if (status.ok()) status = statusOf(api.cublasLtCreate(&h), "cublasLtCreate");
    if (status.ok()) cublasLt_ = h;
    return status.ok() ? h : nullptr;
#else
    status = Status::failure(ErrorCode::kFAILED_INITIALIZATION, "built without cuBLASLt's headers");
    return nullptr;
#endif
}

}  // namespace bireme::cuda
