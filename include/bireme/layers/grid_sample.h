// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/grid_sample.h
//! Sampling at coordinates.

#include "bireme/layer.h"
#include "bireme/layers/sample_mode.h"

BIREME_NAMESPACE_BEGIN

//! Samples input 0 [N, C, H, W] at the coordinates of input 1 [N, Ho, Wo, 2] (x, y in -1 to 1); the
//! output is [N, C, Ho, Wo].
class BIREME_API IGridSampleLayer : public ILayer {
public:
    //! Default kLINEAR.
    void setInterpolationMode(InterpolationMode mode) noexcept;
    InterpolationMode getInterpolationMode() const noexcept;
    //! True: -1 and 1 are the centres of the border pixels, else their outer edges. Default false.
    void setAlignCorners(bool alignCorners) noexcept;
    bool getAlignCorners() const noexcept;
    //! kFILL (default, zeros), kCLAMP or kREFLECT.
    //! \return false for others
    bool setSampleMode(SampleMode mode) noexcept;
    SampleMode getSampleMode() const noexcept;

    BIREME_LAYER_CLASS(IGridSampleLayer);
};

BIREME_NAMESPACE_END
