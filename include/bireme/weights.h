// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file weights.h
//! Constant values given to a layer.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! A borrowed array of constants in row-major order: it must stay valid and unchanged until the
//! engine is built. «No weights» is {any type, nullptr, 0}.
class Weights {
public:
    DataType type;       //!< type of the elements
    void const* values;  //!< first element
    int64_t count;       //!< number of elements
};

BIREME_NAMESPACE_END
