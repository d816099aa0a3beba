// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/constant.h
//! Constant.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! A tensor of constant values.
class BIREME_API IConstantLayer : public ILayer {
public:
    //! The count must be the volume of the dimensions.
    void setWeights(Weights weights) noexcept;
    Weights getWeights() const noexcept;
    //! All extents known, none negative.
    void setDimensions(Dims const& dimensions) noexcept;
    Dims getDimensions() const noexcept;

    BIREME_LAYER_CLASS(IConstantLayer);
};

BIREME_NAMESPACE_END
