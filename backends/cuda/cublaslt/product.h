// SPDX-License-Identifier: Apache-2.0
// One matrix product as cuBLASLt does it: D = activation(alpha * A B + C + bias), all row by row.
#pragma once

#include "base/status.h"
#include "bireme/types.h"
#include "device/kernel.h"

#include <cublasLt.h>

#include <string>
#include <vector>

namespace bireme::cuda {
class CudaDevice;
}

namespace bireme::cuda::lt {

enum class Activation : uint8_t { none = 0, relu = 1, geluTanh = 2 };

// The numbers of one product. Strides of a batch are elements; 0 uses one matrix for all.
struct ProductSpec {
    DataType type = DataType::kFLOAT, outputType = DataType::kFLOAT;
    int64_t m = 1, n = 1, k = 1, batch = 1;
    bool transposeA = false, transposeB = false;  // A lies as [k, m], B as [n, k]
    int64_t strideA = 0, strideB = 0;
    bool residual = false, bias = false;
    Activation activation = Activation::none;
    float alpha = 1;
    bool tf32 = false;
};

struct Algorithm {
    std::string text;  // hexadecimal: cuBLASLt's own description, for the version that gave it
    size_t workspace = 0;
};

// Best guess first; empty when there is none. Throws Error.
std::vector<Algorithm> algorithmsFor(const ProductSpec& spec, CudaDevice& device, int most,
                                     size_t workspace);

// Bytes of workspace to ask for: the library wants it aligned to 256 bytes, we are given less.
constexpr size_t kWorkspaceAlignment = 256;
inline size_t roomFor(size_t workspace) {
    return workspace == 0 ? 0 : workspace + kWorkspaceAlignment;
}

// Operands of one launch.
struct Pointers {
    const void *a = nullptr, *b = nullptr, *residual = nullptr, *bias = nullptr;
    void* d = nullptr;
    void* workspace = nullptr;
};

// cuBLASLt's descriptors of one product; one context's.
class Product {
public:
    // Throws Error; `algorithm` must be of this version.
    Product(const ProductSpec& spec, const Algorithm& algorithm, CudaDevice& device);
    ~Product();
    Product(const Product&) = delete;
    Product& operator=(const Product&) = delete;
    size_t workspace() const noexcept { return roomFor(algorithm_.workspace); }
    bool accepted() noexcept;  // the algorithm does this product, within its workspace
    Status run(const Pointers& p, device::Stream& stream) noexcept;

private:
    friend std::vector<Algorithm> algorithmsFor(const ProductSpec&, CudaDevice&, int, size_t);
    void describe();
    void release() noexcept;
    cublasLtMatrixLayout_t layout(cudaDataType_t type, int64_t rows, int64_t columns,
                                  int64_t stride) const;
    ProductSpec spec_;
    Algorithm algorithm_;
    cublasLtHandle_t handle_ = nullptr;
    cublasLtMatmulDesc_t operation_ = nullptr;
    cublasLtMatrixLayout_t a_ = nullptr, b_ = nullptr, d_ = nullptr;
    cublasLtMatmulAlgo_t algo_{};
};

// Whether the algorithm does this product, after all: another shape, another version.
bool accepts(const ProductSpec& spec, const Algorithm& algorithm, CudaDevice& device);

}  // namespace bireme::cuda::lt
