// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/lrn.h
//! Local response normalisation.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! x / (k + alpha / window * sum over the window of channels of x^2) ^ beta, on [N, C, H, W].
class BIREME_API ILRNLayer : public ILayer {
public:
    //! Number of channels, odd.
    void setWindowSize(int64_t windowSize) noexcept;
    int64_t getWindowSize() const noexcept;
    void setAlpha(float alpha) noexcept;
    float getAlpha() const noexcept;
    void setBeta(float beta) noexcept;
    float getBeta() const noexcept;
    void setK(float k) noexcept;
    float getK() const noexcept;

    BIREME_LAYER_CLASS(ILRNLayer);
};

BIREME_NAMESPACE_END
