// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/parametric_relu.h
//! Leaky rectifier with slopes from a tensor.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! x >= 0 ? x : slope * x. Input 0 is x, input 1 the slope: same rank, extents equal or 1.
class BIREME_API IParametricReLULayer : public ILayer {
    BIREME_LAYER_CLASS(IParametricReLULayer);
};

BIREME_NAMESPACE_END
