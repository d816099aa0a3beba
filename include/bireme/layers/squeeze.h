// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/squeeze.h
//! Removing dimensions of extent 1, and adding them.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Removes dimensions of extent 1. Input 1 is the list of axes, 1-D INT32 or INT64, known at build
//! time.
class BIREME_API ISqueezeLayer : public ILayer {
    BIREME_LAYER_CLASS(ISqueezeLayer);
};

//! Adds dimensions of extent 1. Input 1 is the list of axes of the output, 1-D INT32 or INT64,
//! known at build time.
class BIREME_API IUnsqueezeLayer : public ILayer {
    BIREME_LAYER_CLASS(IUnsqueezeLayer);
};

BIREME_NAMESPACE_END
