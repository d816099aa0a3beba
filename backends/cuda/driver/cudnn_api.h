// SPDX-License-Identifier: Apache-2.0
// cuDNN's functions; only where its headers were found (BIREME_HAVE_CUDNN).
#pragma once

#include "backends/cuda/driver/api.h"

#include <cudnn.h>

namespace bireme::cuda {

struct CudnnApi {
#define CUDNN_FN(fn) decltype(&::fn) fn = nullptr;  // NOLINT(bugprone-macro-parentheses)
#include "backends/cuda/driver/cudnn.def"
#undef CUDNN_FN
    Library library;
    CudnnApi();
};

// As cu(): opened on first use, `library.handle()` is null where it is missing.
CudnnApi& cudnn();

Status statusOf(cudnnStatus_t result, const char* call) noexcept;

}  // namespace bireme::cuda

#define BIREME_CUDNN(fn, ...) ::bireme::cuda::statusOf(::bireme::cuda::cudnn().fn(__VA_ARGS__), #fn)
