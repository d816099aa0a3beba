// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/driver/api.h"

#include "base/text.h"

#include <mutex>
#include <set>

namespace bireme::cuda {

const char* keepText(const std::string& text) {
    static std::mutex mutex;
    static auto* kept = new std::set<std::string>;
    std::lock_guard lock(mutex);
    return kept->insert(text).first->c_str();
}

CudaApi::CudaApi() : library({"libcuda.so.1", "libcuda.so"}) {
    if (!library.handle()) return;
    std::string lacking;
#define CUDA_FN(fn) \
    if (!lookUp(library, BIREME_SYMBOL(fn), fn)) lacking = BIREME_SYMBOL(fn);
#include "backends/cuda/driver/cuda.def"
#undef CUDA_FN
    if (!lacking.empty())
        library.refuse(cat("the driver in ", library.path(), " lacks ", lacking,
                           ": a driver for CUDA 12.8 or newer is needed"));
}

NvrtcApi::NvrtcApi() : library({"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"}) {
    if (!library.handle()) return;
    std::string lacking;
#define NVRTC_FN(fn) \
    if (!lookUp(library, BIREME_SYMBOL(fn), fn)) lacking = BIREME_SYMBOL(fn);
#include "backends/cuda/driver/nvrtc.def"
#undef NVRTC_FN
    if (!lacking.empty()) library.refuse(cat(library.path(), " lacks ", lacking));
}

std::string NvrtcApi::version() const {
    int major = 0, minor = 0;
    if (!library.handle() || nvrtcVersion(&major, &minor) != NVRTC_SUCCESS) return {};
    return cat(major, ".", minor);
}

CudaApi& cu() {
    static auto* api = new CudaApi;
    return *api;
}

NvrtcApi& nvrtc() {
    static auto* api = new NvrtcApi;
    return *api;
}

static ErrorCode codeOf(CUresult r) {
    if (r == CUDA_ERROR_OUT_OF_MEMORY) return ErrorCode::kFAILED_ALLOCATION;
    if (r == CUDA_ERROR_NOT_INITIALIZED || r == CUDA_ERROR_NO_DEVICE)
        return ErrorCode::kFAILED_INITIALIZATION;
    return ErrorCode::kFAILED_EXECUTION;
}

Status statusOf(CUresult r, const char* call) noexcept {
    if (r == CUDA_SUCCESS) return Status::success();
    const char *name = nullptr, *text = nullptr;
    cu().cuGetErrorName(r, &name);
    cu().cuGetErrorString(r, &text);
    try {
        return {codeOf(r), keepText(cat(call, " failed: ", name ? name : cat(static_cast<int>(r)),
                                        " (", text ? text : "no text", ")"))};
    } catch (const std::exception&) {
        return Status::failure(codeOf(r), "a CUDA call failed");
    }
}

Status statusOf(nvrtcResult r, const char* call) noexcept {
    if (r == NVRTC_SUCCESS) return Status::success();
    try {
        return {ErrorCode::kFAILED_EXECUTION,
                keepText(cat(call, " failed: ", nvrtc().nvrtcGetErrorString(r)))};
    } catch (const std::exception&) {
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "an NVRTC call failed");
    }
}

void orThrow(const Status& s) {
    if (!s.ok()) fail(s.code, s.message);
}

}  // namespace bireme::cuda
