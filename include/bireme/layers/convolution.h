// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/convolution.h
//! Convolution.

#include "bireme/layer.h"
#include "bireme/layers/padding_mode.h"

BIREME_NAMESPACE_BEGIN

//! Cross-correlation over 1, 2 or 3 spatial extents, plus bias. Input 0 is [N, C, spatial...] with
//! C known at build time; input 1 may give the kernel [K, C / groups, spatial...] and input 2 the
//! bias [K] as tensors, with empty weights then.
class BIREME_API IConvolutionLayer : public ILayer {
public:
    //! Number of output channels K.
    void setNbOutputMaps(int64_t nbOutputMaps) noexcept;
    int64_t getNbOutputMaps() const noexcept;
    //! Number of groups, default 1; divides both channel counts.
    void setNbGroups(int64_t nbGroups) noexcept;
    int64_t getNbGroups() const noexcept;
    //! Kernel weights in the order K, C / groups, spatial; empty when input 1 gives them.
    void setKernelWeights(Weights weights) noexcept;
    Weights getKernelWeights() const noexcept;
    //! Bias, K values or none.
    void setBiasWeights(Weights weights) noexcept;
    Weights getBiasWeights() const noexcept;
    //! Padding before each spatial extent, default 0, not negative.
    void setPrePadding(Dims const& padding) noexcept;
    Dims getPrePadding() const noexcept;
    //! Padding after each spatial extent, default 0, not negative.
    void setPostPadding(Dims const& padding) noexcept;
    Dims getPostPadding() const noexcept;
    //! Default kEXPLICIT_ROUND_DOWN.
    void setPaddingMode(PaddingMode paddingMode) noexcept;
    PaddingMode getPaddingMode() const noexcept;
    //! Spatial extents of the kernel, 1, 2 or 3 of them, positive.
    void setKernelSizeNd(Dims const& kernelSize) noexcept;
    Dims getKernelSizeNd() const noexcept;
    //! Strides, default 1, positive.
    void setStrideNd(Dims const& stride) noexcept;
    Dims getStrideNd() const noexcept;
    //! Sets both paddings to the same extents; the getter gives the padding before.
    void setPaddingNd(Dims const& padding) noexcept;
    Dims getPaddingNd() const noexcept;
    //! Distance of kernel elements, default 1, positive.
    void setDilationNd(Dims const& dilation) noexcept;
    Dims getDilationNd() const noexcept;

    BIREME_LAYER_CLASS(IConvolutionLayer);
};

BIREME_NAMESPACE_END
