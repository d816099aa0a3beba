// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/driver/versions.h"

#include "backends/cuda/driver/api.h"
#include "base/text.h"
#ifdef BIREME_HAVE_CUBLASLT
#include "backends/cuda/driver/cublaslt_api.h"
#endif
#ifdef BIREME_HAVE_CUDNN
#include "backends/cuda/driver/cudnn_api.h"
#endif

namespace bireme::cuda {

std::string driverVersion() {
    int v = 0;
    if (!cu().library.handle() || cu().cuDriverGetVersion(&v) != CUDA_SUCCESS) return {};
    return cat(v / 1000, ".", v % 1000 / 10);
}

static std::string dotted(size_t v) {
    return v == 0 ? std::string() : cat(v / 10000, ".", v / 100 % 100, ".", v % 100);
}

std::string cublasLtVersion() {
#ifdef BIREME_HAVE_CUBLASLT
    if (cublaslt().library.handle()) return dotted(cublaslt().cublasLtGetVersion());
#endif
    return {};
}

std::string cudnnVersion() {
#ifdef BIREME_HAVE_CUDNN
    if (cudnn().library.handle()) return dotted(cudnn().cudnnGetVersion());
#endif
    return {};
}

std::string otherVersions(const std::vector<std::pair<std::string, std::string>>& engine,
                          const std::string& cudnn, const std::string& cublasLt) {
    std::vector<std::string> others;
    auto compare = [&](const auto& made, const char* key, const char* name,
                       const std::string& here) {
        if (made.first != key || made.second.empty() || made.second == here) return;
        others.push_back(cat(name, " ", made.second, " (here ", here.empty() ? "none" : here, ")"));
    };
    for (const auto& made : engine) {
        compare(made, "cudnn", "cuDNN", cudnn);
        compare(made, "cublaslt", "cuBLASLt", cublasLt);
    }
    if (others.empty()) return {};
    return cat("the engine was built with ", join(others, " and "),
               ": the steps that use it are made again from their recipes, and may take longer "
               "than where it was built");
}

std::vector<LibraryReport> libraryReports() {
    std::vector<LibraryReport> out;
    auto add = [&](const char* name, std::string version, const Library& l, const char* cost) {
        out.push_back({name, std::move(version), l.handle() ? l.path() : std::string(),
                       l.handle() ? std::string() : cat(l.why(), "; ", cost)});
    };
    add("driver", driverVersion(), cu().library, "nothing runs on a GPU");
    add("NVRTC", nvrtc().version(), nvrtc().library, "engines run but none can be built for a GPU");
    constexpr const char* withoutCublasLt = "matrix products run on our own, slower kernels";
    constexpr const char* withoutCudnn =
        "convolutions and attention run on our own, slower kernels";
    [[maybe_unused]] auto leftOut = [&](const char* name, const char* header, const char* cost) {
        out.push_back({name, {}, {}, cat("Bireme was built without ", header, "; ", cost)});
    };
#ifdef BIREME_HAVE_CUBLASLT
    add("cuBLASLt", cublasLtVersion(), cublaslt().library, withoutCublasLt);
#else
    leftOut("cuBLASLt", "cublasLt.h", withoutCublasLt);
#endif
#if defined(BIREME_HAVE_CUDNN) && defined(BIREME_HAVE_CUDNN_FRONTEND)
    add("cuDNN", cudnnVersion(), cudnn().library, withoutCudnn);
#elif defined(BIREME_HAVE_CUDNN)
    leftOut("cuDNN", "cudnn_frontend.h (the package nvidia-cudnn-frontend)", withoutCudnn);
#else
    leftOut("cuDNN", "cudnn.h", withoutCudnn);
#endif
    return out;
}

}  // namespace bireme::cuda
