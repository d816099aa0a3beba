// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/concatenation.h
//! Concatenation.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Joins its inputs along one axis; all other extents are equal.
class BIREME_API IConcatenationLayer : public ILayer {
public:
    //! Default max(0, rank - 3).
    void setAxis(int32_t axis) noexcept;
    int32_t getAxis() const noexcept;

    BIREME_LAYER_CLASS(IConcatenationLayer);
};

BIREME_NAMESPACE_END
