// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/identity.h
//! Copy.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! The output is the input. In a weakly typed network setOutputType() makes it a conversion.
class BIREME_API IIdentityLayer : public ILayer {
    BIREME_LAYER_CLASS(IIdentityLayer);
};

BIREME_NAMESPACE_END
