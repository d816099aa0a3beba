// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/fill.h
//! Tensors made from a rule.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class FillOperation : int32_t {
    kLINSPACE = 0,        //!< alpha + sum of beta[i] * index[i]
    kRANDOM_UNIFORM = 1,  //!< alpha to beta
    kRANDOM_NORMAL = 2,   //!< mean alpha, standard deviation beta
};
BIREME_ENUM_MAX(FillOperation, 3)

//! Makes a tensor. Inputs, when set: 0 the extents (1-D INT32 or INT64), 1 alpha (scalar), 2 beta
//! (1-D for kLINSPACE, else scalar).
class BIREME_API IFillLayer : public ILayer {
public:
    //! Setting it drops input 0; `nbDims` is -1 while input 0 stands.
    void setDimensions(Dims const& dimensions) noexcept;
    Dims getDimensions() const noexcept;
    void setOperation(FillOperation op) noexcept;
    FillOperation getOperation() const noexcept;
    //! Default 0.
    void setAlpha(double alpha) noexcept;
    double getAlpha() const noexcept;
    //! Default 1.
    void setBeta(double beta) noexcept;
    double getBeta() const noexcept;
    void setAlphaInt64(int64_t alpha) noexcept;
    int64_t getAlphaInt64() const noexcept;
    void setBetaInt64(int64_t beta) noexcept;
    int64_t getBetaInt64() const noexcept;
    //! True after an Int64 setter.
    bool isAlphaBetaInt64() const noexcept;
    //! Type of the output, default kFLOAT.
    void setToType(DataType toType) noexcept;
    DataType getToType() const noexcept;

    BIREME_LAYER_CLASS(IFillLayer);
};

BIREME_NAMESPACE_END
