// SPDX-License-Identifier: Apache-2.0
#ifdef BIREME_HAVE_CUDNN
#include "backends/cuda/driver/cudnn_api.h"

#include "base/text.h"

namespace bireme::cuda {

CudnnApi::CudnnApi() : library({"libcudnn.so.9", "libcudnn.so"}) {
    if (!library.handle()) return;
    std::string lacking;
#define CUDNN_FN(fn) \
    if (!lookUp(library, BIREME_SYMBOL(fn), fn)) lacking = BIREME_SYMBOL(fn);
#include "backends/cuda/driver/cudnn.def"
#undef CUDNN_FN
    if (!lacking.empty()) library.refuse(cat(library.path(), " lacks ", lacking));
}

CudnnApi& cudnn() {
    static auto* api = new CudnnApi;
    return *api;
}

Status statusOf(cudnnStatus_t r, const char* call) noexcept {
    if (r == CUDNN_STATUS_SUCCESS) return Status::success();
    try {
        return {ErrorCode::kFAILED_EXECUTION,
                keepText(cat(call, " failed: ", cudnn().cudnnGetErrorString(r)))};
    } catch (const std::exception&) {
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "a call of cuDNN failed");
    }
}

}  // namespace bireme::cuda
#endif
