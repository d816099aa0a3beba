// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/activation.h
//! Activation functions of one input.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! f(x) with the parameters a (alpha) and b (beta).
enum class ActivationType : int32_t {
    kRELU = 0,               //!< max(0, x)
    kSIGMOID = 1,            //!< 1 / (1 + exp(-x))
    kTANH = 2,               //!< tanh(x)
    kLEAKY_RELU = 3,         //!< x >= 0 ? x : a x
    kELU = 4,                //!< x >= 0 ? x : a (exp(x) - 1)
    kSELU = 5,               //!< x > 0 ? b x : b (a exp(x) - a)
    kSOFTSIGN = 6,           //!< x / (1 + |x|)
    kSOFTPLUS = 7,           //!< a log(exp(b x) + 1)
    kCLIP = 8,               //!< max(a, min(b, x))
    kHARD_SIGMOID = 9,       //!< max(0, min(1, a x + b))
    kSCALED_TANH = 10,       //!< a tanh(b x)
    kTHRESHOLDED_RELU = 11,  //!< x > a ? x : 0
    kGELU_ERF = 12,          //!< x / 2 (1 + erf(x / sqrt(2)))
    kGELU_TANH = 13,         //!< x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))

    kHARD_SWISH = 64,  //!< x max(0, min(1, x / 6 + 1 / 2))
    kSWISH = 65,       //!< x / (1 + exp(-a x)), a defaults to 1
    kMISH = 66,        //!< x tanh(log(1 + exp(x)))
};
BIREME_ENUM_MAX(ActivationType, 14)

//! Applies f to every element. The output has the input's shape and type.
class BIREME_API IActivationLayer : public ILayer {
public:
    void setActivationType(ActivationType type) noexcept;
    ActivationType getActivationType() const noexcept;
    //! Must be finite. Default 0; 1 for kSWISH.
    void setAlpha(float alpha) noexcept;
    float getAlpha() const noexcept;
    //! Must be finite. Default 0.
    void setBeta(float beta) noexcept;
    float getBeta() const noexcept;

    BIREME_LAYER_CLASS(IActivationLayer);
};

BIREME_NAMESPACE_END
