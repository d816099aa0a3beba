// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/padding.h
//! Zero padding and cropping.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Adds zeros around the last two dimensions; negative padding crops.
class BIREME_API IPaddingLayer : public ILayer {
public:
    //! Two values: height, width.
    void setPrePaddingNd(Dims const& padding) noexcept;
    Dims getPrePaddingNd() const noexcept;
    //! Two values: height, width.
    void setPostPaddingNd(Dims const& padding) noexcept;
    Dims getPostPaddingNd() const noexcept;

    BIREME_LAYER_CLASS(IPaddingLayer);
};

BIREME_NAMESPACE_END
