// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/one_hot.h
//! One-hot encoding.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Inputs: 0 indices (INT32 or INT64), 1 values [2] = {off, on}, 2 depth (scalar, known at build
//! time). The output has one more dimension, of extent depth, at the axis.
class BIREME_API IOneHotLayer : public ILayer {
public:
    //! -rank - 1 to rank of the indices.
    void setAxis(int32_t axis) noexcept;
    int32_t getAxis() const noexcept;

    BIREME_LAYER_CLASS(IOneHotLayer);
};

BIREME_NAMESPACE_END
