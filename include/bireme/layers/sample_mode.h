// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/sample_mode.h
//! What lies outside a tensor, and how to interpolate inside.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! What a coordinate outside of the input reads.
enum class SampleMode : int32_t {
    kSTRICT_BOUNDS = 0,  //!< an error
    kWRAP = 1,           //!< periodic
    kCLAMP = 2,          //!< the border
    kFILL = 3,           //!< a fill value, default 0
    kREFLECT = 4,        //!< mirrored, the edge not repeated
};
BIREME_ENUM_MAX(SampleMode, 5)

enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR = 1, kCUBIC = 2 };
BIREME_ENUM_MAX(InterpolationMode, 3)

using ResizeMode = InterpolationMode;

BIREME_NAMESPACE_END
