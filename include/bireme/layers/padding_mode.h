// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/padding_mode.h
//! How windows meet the border; shared by convolutions and poolings.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! How the output extent of a windowed layer is computed. With input I, padding B before and A
//! after, stride S, dilated window K: down is floor((I + B + A - K) / S) + 1, up is the same with
//! ceil, the two SAME modes give ceil(I / S) and ignore the explicit padding.
enum class PaddingMode : int32_t {
    kEXPLICIT_ROUND_DOWN = 0,
    kEXPLICIT_ROUND_UP = 1,
    kSAME_UPPER = 2,  //!< the odd element of padding stands after
    kSAME_LOWER = 3,  //!< the odd element of padding stands before
};
BIREME_ENUM_MAX(PaddingMode, 4)

BIREME_NAMESPACE_END
