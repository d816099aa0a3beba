// SPDX-License-Identifier: Apache-2.0
#ifdef BIREME_HAVE_CUBLASLT
#include "backends/cuda/driver/cublaslt_api.h"

#include "base/text.h"

namespace bireme::cuda {

CublasLtApi::CublasLtApi() : library({"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"}) {
    if (!library.handle()) return;
    std::string lacking;
#define CUBLASLT_FN(fn) \
    if (!lookUp(library, BIREME_SYMBOL(fn), fn)) lacking = BIREME_SYMBOL(fn);
#include "backends/cuda/driver/cublaslt.def"
#undef CUBLASLT_FN
    if (!lacking.empty()) library.refuse(cat(library.path(), " lacks ", lacking));
}

CublasLtApi& cublaslt() {
    static auto* api = new CublasLtApi;
    return *api;
}

Status statusOf(cublasStatus_t r, const char* call) noexcept {
    if (r == CUBLAS_STATUS_SUCCESS) return Status::success();
    try {
        return {ErrorCode::kFAILED_EXECUTION,
                keepText(cat(call, " failed: ", cublaslt().cublasLtGetStatusString(r)))};
    } catch (const std::exception&) {
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "a call of cuBLASLt failed");
    }
}

}  // namespace bireme::cuda
#endif
