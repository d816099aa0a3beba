// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/matrix_multiply.h
//! Product of matrices.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! How an operand is read.
enum class MatrixOperation : int32_t {
    kNONE = 0,       //!< as it is
    kTRANSPOSE = 1,  //!< last two dimensions swapped
    kVECTOR = 2,     //!< last dimension is a vector: a row as operand 0, a column as operand 1
};
BIREME_ENUM_MAX(MatrixOperation, 3)

//! Product of the last two dimensions; the leading ones have the same number, extents equal or 1.
class BIREME_API IMatrixMultiplyLayer : public ILayer {
public:
    //! \param index 0 or 1
    void setOperation(int32_t index, MatrixOperation op) noexcept;
    MatrixOperation getOperation(int32_t index) const noexcept;

    BIREME_LAYER_CLASS(IMatrixMultiplyLayer);
};

BIREME_NAMESPACE_END
