// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cublaslt/product.h"

#include "backends/cuda/device.h"
#include "backends/cuda/driver/cublaslt_api.h"
#include "backends/cuda/stream.h"
#include "base/text.h"

#include <cstring>

namespace bireme::cuda::lt {

static cudaDataType_t typeOf(DataType t) {
    switch (t) {
        case DataType::kFLOAT: return CUDA_R_32F;
        case DataType::kHALF: return CUDA_R_16F;
        case DataType::kBF16: return CUDA_R_16BF;
        default: fail(ErrorCode::kUNSUPPORTED_STATE, "cuBLASLt: a data type without products");
    }
}

static std::string textOf(const cublasLtMatmulAlgo_t& algo) {
    static const char* digits = "0123456789abcdef";
    const auto* bytes = reinterpret_cast<const uint8_t*>(&algo);
    std::string text;
    for (size_t i = 0; i < sizeof algo; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

static bool parse(const std::string& text, cublasLtMatmulAlgo_t& algo) {
    auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (text.size() != 2 * sizeof algo) return false;
    auto* bytes = reinterpret_cast<uint8_t*>(&algo);
    for (size_t i = 0; i < sizeof algo; ++i) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return true;
}

static cublasLtEpilogue_t epilogueOf(const ProductSpec& s) {
    switch (s.activation) {
        case Activation::relu: return s.bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
        case Activation::geluTanh:
            return s.bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
        case Activation::none: break;
    }
    return s.bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

template <typename T>
static void set(cublasLtMatmulDesc_t d, cublasLtMatmulDescAttributes_t a, const T& value) {
    orThrow(BIREME_CUBLASLT(cublasLtMatmulDescSetAttribute, d, a, &value, sizeof value));
}

cublasLtMatrixLayout_t Product::layout(cudaDataType_t type, int64_t rows, int64_t columns,
                                       int64_t stride) const {
    cublasLtMatrixLayout_t l = nullptr;
    // What lies row by row is the transposed matrix to cuBLASLt.
    orThrow(BIREME_CUBLASLT(cublasLtMatrixLayoutCreate, &l, type, static_cast<uint64_t>(columns),
                            static_cast<uint64_t>(rows), columns));
    auto count = static_cast<int32_t>(spec_.batch);
    orThrow(BIREME_CUBLASLT(cublasLtMatrixLayoutSetAttribute, l, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
                            &count, sizeof count));
    orThrow(BIREME_CUBLASLT(cublasLtMatrixLayoutSetAttribute, l,
                            CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
    return l;
}

// D^T = B^T A^T: cuBLASLt's first operand is our second.
void Product::describe() {
    const ProductSpec& s = spec_;
    auto compute =
        s.type == DataType::kFLOAT && s.tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    orThrow(BIREME_CUBLASLT(cublasLtMatmulDescCreate, &operation_, compute, CUDA_R_32F));
    auto turn = [](bool t) { return t ? CUBLAS_OP_T : CUBLAS_OP_N; };
    set(operation_, CUBLASLT_MATMUL_DESC_TRANSA, turn(s.transposeB));
    set(operation_, CUBLASLT_MATMUL_DESC_TRANSB, turn(s.transposeA));
    set(operation_, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogueOf(s));
    if (s.bias) {
        set(operation_, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, typeOf(s.type));
        // Set anew at each launch.  NOLINTNEXTLINE(performance-no-int-to-ptr)
        const void* somewhere = reinterpret_cast<const void*>(uintptr_t{256});
        set(operation_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, somewhere);
    }
    a_ = s.transposeB ? layout(typeOf(s.type), s.n, s.k, s.strideB)
                      : layout(typeOf(s.type), s.k, s.n, s.strideB);
    b_ = s.transposeA ? layout(typeOf(s.type), s.k, s.m, s.strideA)
                      : layout(typeOf(s.type), s.m, s.k, s.strideA);
    d_ = layout(typeOf(s.outputType), s.m, s.n, s.m * s.n);
}

Product::Product(const ProductSpec& spec, const Algorithm& algorithm, CudaDevice& device)
    : spec_(spec), algorithm_(algorithm) {
    Status status;
    handle_ = static_cast<cublasLtHandle_t>(device.cublasLt(status));
    orThrow(status);
    if (!algorithm.text.empty() && !parse(algorithm.text, algo_))
        fail(ErrorCode::kINVALID_STATE, "not an algorithm of cuBLASLt");
    try {
        describe();
    } catch (...) {
        release();
        throw;
    }
}

Product::~Product() { release(); }

void Product::release() noexcept {
    auto& api = cublaslt();
    for (cublasLtMatrixLayout_t l : {a_, b_, d_})
        if (l) (void)api.cublasLtMatrixLayoutDestroy(l);
    if (operation_) (void)api.cublasLtMatmulDescDestroy(operation_);
}

Status Product::run(const Pointers& p, device::Stream& stream) noexcept {
    auto& s = cudaStream(stream);
    if (Status status = s.device().makeCurrent(); !status.ok()) return status;
    if (spec_.bias) {
        Status status = BIREME_CUBLASLT(cublasLtMatmulDescSetAttribute, operation_,
                                        CUBLASLT_MATMUL_DESC_BIAS_POINTER, &p.bias, sizeof p.bias);
        if (!status.ok()) return status;
    }
    // Even an algorithm without workspace is refused a pointer that is not aligned.
    auto at = (reinterpret_cast<uintptr_t>(p.workspace) + kWorkspaceAlignment - 1) /
              kWorkspaceAlignment * kWorkspaceAlignment;
    void* workspace =  // NOLINTNEXTLINE(performance-no-int-to-ptr)
        algorithm_.workspace == 0 ? nullptr : reinterpret_cast<void*>(at);
    float one = spec_.alpha, add = spec_.residual ? 1.0f : 0.0f;
    return BIREME_CUBLASLT(cublasLtMatmul, handle_, operation_, &one, p.b, a_, p.a, b_, &add,
                           spec_.residual ? p.residual : p.d, d_, p.d, d_, &algo_, workspace,
                           algorithm_.workspace, reinterpret_cast<cudaStream_t>(s.handle()));
}

std::vector<Algorithm> algorithmsFor(const ProductSpec& spec, CudaDevice& device, int most,
                                     size_t workspace) {
    Product p(spec, {}, device);
    cublasLtMatmulPreference_t preference = nullptr;
    orThrow(BIREME_CUBLASLT(cublasLtMatmulPreferenceCreate, &preference));
    Status s =
        BIREME_CUBLASLT(cublasLtMatmulPreferenceSetAttribute, preference,
                        CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace);
    std::vector<cublasLtMatmulHeuristicResult_t> found(static_cast<size_t>(most));
    int count = 0;
    // No algorithm at all is an answer, not an error.
    if (s.ok() && cublaslt().cublasLtMatmulAlgoGetHeuristic(
                      p.handle_, p.operation_, p.a_, p.b_, p.d_, p.d_, preference, most,
                      found.data(), &count) != CUBLAS_STATUS_SUCCESS)
        count = 0;
    (void)cublaslt().cublasLtMatmulPreferenceDestroy(preference);
    orThrow(s);
    std::vector<Algorithm> out;
    for (int i = 0; i < count; ++i) {
        const auto& f = found[static_cast<size_t>(i)];
        if (f.state == CUBLAS_STATUS_SUCCESS) out.push_back({textOf(f.algo), f.workspaceSize});
    }
    return out;
}

bool accepts(const ProductSpec& spec, const Algorithm& algorithm, CudaDevice& device) {
    try {
        return Product(spec, algorithm, device).accepted();
    } catch (const Error&) {
        return false;
    }
}

bool Product::accepted() noexcept {
    cublasLtMatmulHeuristicResult_t result{};
    return cublaslt().cublasLtMatmulAlgoCheck(handle_, operation_, a_, b_, d_, d_, &algo_,
                                              &result) == CUBLAS_STATUS_SUCCESS &&
           result.workspaceSize <= algorithm_.workspace;
}

}  // namespace bireme::cuda::lt
