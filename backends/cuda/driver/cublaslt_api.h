// SPDX-License-Identifier: Apache-2.0
// cuBLASLt's functions; only where its headers were found (BIREME_HAVE_CUBLASLT).
#pragma once

#include "backends/cuda/driver/api.h"

#include <cublasLt.h>

namespace bireme::cuda {

struct CublasLtApi {
#define CUBLASLT_FN(fn) decltype(&::fn) fn = nullptr;  // NOLINT(bugprone-macro-parentheses)
#include "backends/cuda/driver/cublaslt.def"
#undef CUBLASLT_FN
    Library library;
    CublasLtApi();
};

// As cu(): opened on first use, `library.handle()` is null where it is missing.
CublasLtApi& cublaslt();

Status statusOf(cublasStatus_t result, const char* call) noexcept;

}  // namespace bireme::cuda

#define BIREME_CUBLASLT(fn, ...) \
    ::bireme::cuda::statusOf(::bireme::cuda::cublaslt().fn(__VA_ARGS__), #fn)
