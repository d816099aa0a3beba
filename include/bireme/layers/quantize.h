// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/quantize.h
//! Quantisation and its inverse.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! clamp(round half to even(x / scale) + zero point) in the output's type. Input 1 is the scale: a
//! scalar, or one value per extent of the axis (1-D). Input 2, optional: the zero point.
class BIREME_API IQuantizeLayer : public ILayer {
public:
    //! Axis of a 1-D scale, default -1.
    void setAxis(int32_t axis) noexcept;
    int32_t getAxis() const noexcept;
    //! Default kINT8.
    void setToType(DataType toType) noexcept;
    DataType getToType() const noexcept;

    BIREME_LAYER_CLASS(IQuantizeLayer);
};

//! (x - zero point) * scale. Inputs as IQuantizeLayer's.
class BIREME_API IDequantizeLayer : public ILayer {
public:
    //! Axis of a 1-D scale, default -1.
    void setAxis(int32_t axis) noexcept;
    int32_t getAxis() const noexcept;
    //! Default kFLOAT.
    void setToType(DataType toType) noexcept;
    DataType getToType() const noexcept;

    BIREME_LAYER_CLASS(IDequantizeLayer);
};

BIREME_NAMESPACE_END
