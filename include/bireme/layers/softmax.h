// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/softmax.h
//! Softmax.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! exp(x) / sum(exp(x)) over one axis.
class BIREME_API ISoftMaxLayer : public ILayer {
public:
    //! Exactly one bit: bit i is dimension i. Default dimension max(0, rank - 3).
    void setAxes(uint32_t axes) noexcept;
    uint32_t getAxes() const noexcept;

    BIREME_LAYER_CLASS(ISoftMaxLayer);
};

BIREME_NAMESPACE_END
