// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/einsum.h
//! Einstein summation.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Sum of products over labelled dimensions, such as "bij,bjk->bik". Labels are letters, "..."
//! stands for the leading dimensions, a label twice in one operand is its diagonal, no arrow means
//! all labels that occur once, sorted.
class BIREME_API IEinsumLayer : public ILayer {
public:
    //! \return false when the equation cannot be read or has another number of operands
    bool setEquation(char const* equation) noexcept;
    char const* getEquation() const noexcept;

    BIREME_LAYER_CLASS(IEinsumLayer);
};

BIREME_NAMESPACE_END
