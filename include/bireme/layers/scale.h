// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/scale.h
//! Affine function and power with constant coefficients.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! For what one coefficient stands.
enum class ScaleMode : int32_t {
    kUNIFORM = 0,      //!< one value for all
    kCHANNEL = 1,      //!< one value per extent of the channel axis
    kELEMENTWISE = 2,  //!< one value per element from the channel axis on
};
BIREME_ENUM_MAX(ScaleMode, 3)

//! (x * scale + shift) ^ power. Empty weights mean scale 1, shift 0, power 1.
class BIREME_API IScaleLayer : public ILayer {
public:
    void setMode(ScaleMode mode) noexcept;
    ScaleMode getMode() const noexcept;
    void setShift(Weights shift) noexcept;
    Weights getShift() const noexcept;
    void setScale(Weights scale) noexcept;
    Weights getScale() const noexcept;
    void setPower(Weights power) noexcept;
    Weights getPower() const noexcept;
    //! Axis of the channels. Default rank - 3; 1 means C of [N, C, ...].
    void setChannelAxis(int32_t channelAxis) noexcept;
    int32_t getChannelAxis() const noexcept;

    BIREME_LAYER_CLASS(IScaleLayer);
};

BIREME_NAMESPACE_END
