// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/pooling.h
//! Pooling over windows.

#include "bireme/layer.h"
#include "bireme/layers/padding_mode.h"

BIREME_NAMESPACE_BEGIN

enum class PoolingType : int32_t {
    kMAX = 0,
    kAVERAGE = 1,
    kMAX_AVERAGE_BLEND = 2,  //!< (1 - blend) * max + blend * average
};
BIREME_ENUM_MAX(PoolingType, 3)

//! Maximum or average over windows of 1, 2 or 3 spatial extents of [N, C, spatial...]. Padding
//! counts as minus infinity for the maximum and as 0 for the average.
class BIREME_API IPoolingLayer : public ILayer {
public:
    void setPoolingType(PoolingType type) noexcept;
    PoolingType getPoolingType() const noexcept;
    //! Share of the average in a blend, 0 to 1, default 0.
    void setBlendFactor(float blendFactor) noexcept;
    float getBlendFactor() const noexcept;
    //! True (default): divide by the number of input elements under the window, padding not
    //! counted.
    void setAverageCountExcludesPadding(bool exclusive) noexcept;
    bool getAverageCountExcludesPadding() const noexcept;
    //! Padding before each spatial extent, default 0.
    void setPrePadding(Dims const& padding) noexcept;
    Dims getPrePadding() const noexcept;
    //! Padding after each spatial extent, default 0.
    void setPostPadding(Dims const& padding) noexcept;
    Dims getPostPadding() const noexcept;
    //! Default kEXPLICIT_ROUND_DOWN.
    void setPaddingMode(PaddingMode paddingMode) noexcept;
    PaddingMode getPaddingMode() const noexcept;
    //! Spatial extents of the window, positive.
    void setWindowSizeNd(Dims const& windowSize) noexcept;
    Dims getWindowSizeNd() const noexcept;
    //! Strides, default 1, positive.
    void setStrideNd(Dims const& stride) noexcept;
    Dims getStrideNd() const noexcept;
    //! Sets both paddings to the same extents; the getter gives the padding before.
    void setPaddingNd(Dims const& padding) noexcept;
    Dims getPaddingNd() const noexcept;

    BIREME_LAYER_CLASS(IPoolingLayer);
};

BIREME_NAMESPACE_END
