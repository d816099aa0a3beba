// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/elementwise.h
//! Functions of two inputs.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class ElementWiseOperation : int32_t {
    kSUM = 0,
    kPROD = 1,
    kMAX = 2,
    kMIN = 3,
    kSUB = 4,
    kDIV = 5,  //!< of integers: truncates toward zero
    kPOW = 6,
    kFLOOR_DIV = 7,
    kAND = 8,       //!< BOOL only
    kOR = 9,        //!< BOOL only
    kXOR = 10,      //!< BOOL only
    kEQUAL = 11,    //!< gives BOOL
    kGREATER = 12,  //!< gives BOOL
    kLESS = 13,     //!< gives BOOL
};
BIREME_ENUM_MAX(ElementWiseOperation, 14)

//! Applies a function to pairs of elements. The inputs have the same type and rank; extents are
//! equal or one of them is 1.
class BIREME_API IElementWiseLayer : public ILayer {
public:
    void setOperation(ElementWiseOperation op) noexcept;
    ElementWiseOperation getOperation() const noexcept;

    BIREME_LAYER_CLASS(IElementWiseLayer);
};

BIREME_NAMESPACE_END
