// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/normalization.h
//! Batch, instance, group and layer normalisation.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! (x - mean) / sqrt(variance + epsilon) * scale + bias, moments over the axes. Inputs: 0 x, 1
//! scale, 2 bias; scale and bias have the rank of x, extents equal or 1. Sums are kept in FP32.
class BIREME_API INormalizationLayer : public ILayer {
public:
    //! Default 1e-5.
    void setEpsilon(float eps) noexcept;
    float getEpsilon() const noexcept;
    //! Bit i is dimension i.
    void setAxes(uint32_t axesMask) noexcept;
    uint32_t getAxes() const noexcept;
    //! Number of channel groups, default 1. Other than 1: the axes must be all spatial dimensions.
    void setNbGroups(int64_t nbGroups) noexcept;
    int64_t getNbGroups() const noexcept;
    //! Type of the inner computation, kFLOAT (default) or kHALF.
    void setComputePrecision(DataType type) noexcept;
    DataType getComputePrecision() const noexcept;
    //! True when made by addNormalizationV2: scale of group normalisation is [1, C, 1, ...], else
    //! [1, groups, 1, ...].
    bool isV2() const noexcept;

    BIREME_LAYER_CLASS(INormalizationLayer);
};

BIREME_NAMESPACE_END
