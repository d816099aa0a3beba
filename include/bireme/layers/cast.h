// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/cast.h
//! Conversion of type.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Converts every element. Float to integer truncates toward zero; to BOOL is x != 0.
class BIREME_API ICastLayer : public ILayer {
public:
    void setToType(DataType toType) noexcept;
    DataType getToType() const noexcept;

    BIREME_LAYER_CLASS(ICastLayer);
};

BIREME_NAMESPACE_END
