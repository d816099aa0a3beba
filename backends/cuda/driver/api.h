// SPDX-License-Identifier: Apache-2.0
// NVIDIA's libraries as tables of functions, and the one way from their error codes to a Status.
// cuBLASLt's and cuDNN's tables are in headers of their own (cublaslt_api.h, cudnn_api.h).
#pragma once

#include "backends/cuda/driver/library.h"
#include "base/status.h"

#include <cuda.h>
#include <nvrtc.h>

#include <string>

namespace bireme::cuda {

struct CudaApi {
#define CUDA_FN(fn) decltype(&::fn) fn = nullptr;  // NOLINT(bugprone-macro-parentheses)
#include "backends/cuda/driver/cuda.def"
#undef CUDA_FN
    Library library;
    CudaApi();
};

struct NvrtcApi {
#define NVRTC_FN(fn) decltype(&::fn) fn = nullptr;  // NOLINT(bugprone-macro-parentheses)
#include "backends/cuda/driver/nvrtc.def"
#undef NVRTC_FN
    Library library;
    NvrtcApi();
    std::string version() const;  // "13.0", "" when it is not there
};

// Opened on first use; `library.handle()` is null where a library is missing, and then no function
// of the table may be called.
CudaApi& cu();
NvrtcApi& nvrtc();

// Text that lives as long as the process: messages of a Status, made only when something fails.
const char* keepText(const std::string& text);

Status statusOf(CUresult result, const char* call) noexcept;
Status statusOf(nvrtcResult result, const char* call) noexcept;
void orThrow(const Status& s);  // Error when it is bad

// Fills a table's entry; false when the library lacks the function.
template <typename F>
bool lookUp(const Library& library, const char* name, F& to) {
    to = reinterpret_cast<F>(library.symbol(name));
    return to != nullptr;
}

}  // namespace bireme::cuda

// A name as cuda.h's macros spell it (cuMemAlloc is cuMemAlloc_v2).
#define BIREME_SYMBOL_TEXT(fn) #fn
#define BIREME_SYMBOL(fn) BIREME_SYMBOL_TEXT(fn)

// BIREME_CU(cuStreamSynchronize, stream) is a Status that tells call, code and the driver's text.
#define BIREME_CU(fn, ...) ::bireme::cuda::statusOf(::bireme::cuda::cu().fn(__VA_ARGS__), #fn)
#define BIREME_CU_OR_THROW(fn, ...) ::bireme::cuda::orThrow(BIREME_CU(fn, __VA_ARGS__))
