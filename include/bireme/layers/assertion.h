// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/assertion.h
//! A condition that must hold.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Input 0 is a BOOL shape tensor. All elements must be true: provably false fails the build, false
//! at run time fails the execution. No outputs.
class BIREME_API IAssertionLayer : public ILayer {
public:
    //! Text of the error, copied.
    void setMessage(char const* message) noexcept;
    char const* getMessage() const noexcept;

    BIREME_LAYER_CLASS(IAssertionLayer);
};

BIREME_NAMESPACE_END
