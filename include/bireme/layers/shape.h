// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/shape.h
//! Extents as a tensor.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! The extents of the input as a 1-D INT64 tensor.
class BIREME_API IShapeLayer : public ILayer {
    BIREME_LAYER_CLASS(IShapeLayer);
};

BIREME_NAMESPACE_END
