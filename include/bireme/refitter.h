// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file refitter.h
//! Replacing the weights of an engine: the roles by which weights are named.

#include "bireme/namespace.h"

BIREME_NAMESPACE_BEGIN

//! Role of weights inside their layer.
enum class WeightsRole : int32_t {
    kKERNEL = 0,
    kBIAS = 1,
    kSHIFT = 2,
    kSCALE = 3,
    kCONSTANT = 4,
    kANY = 5,
};
BIREME_ENUM_MAX(WeightsRole, 6)

BIREME_NAMESPACE_END
