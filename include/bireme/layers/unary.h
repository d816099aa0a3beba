// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/unary.h
//! Functions of one input.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class UnaryOperation : int32_t {
    kEXP = 0,
    kLOG = 1,
    kSQRT = 2,
    kRECIP = 3,
    kABS = 4,
    kNEG = 5,
    kSIN = 6,
    kCOS = 7,
    kTAN = 8,
    kSINH = 9,
    kCOSH = 10,
    kASIN = 11,
    kACOS = 12,
    kATAN = 13,
    kASINH = 14,
    kACOSH = 15,
    kATANH = 16,
    kCEIL = 17,
    kFLOOR = 18,
    kERF = 19,
    kNOT = 20,  //!< BOOL only
    kSIGN = 21,
    kROUND = 22,  //!< half to even
    kISINF = 23,  //!< gives BOOL
    kISNAN = 24,  //!< gives BOOL
};
BIREME_ENUM_MAX(UnaryOperation, 25)

//! Applies a function to every element. ABS, SIGN and NEG take integers too, the rest floats.
class BIREME_API IUnaryLayer : public ILayer {
public:
    void setOperation(UnaryOperation op) noexcept;
    UnaryOperation getOperation() const noexcept;

    BIREME_LAYER_CLASS(IUnaryLayer);
};

BIREME_NAMESPACE_END
