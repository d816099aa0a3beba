// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/select.h
//! Choice between two tensors.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! condition ? then : else, element by element. Inputs: 0 condition (BOOL), 1 then, 2 else; same
//! rank, extents equal or 1; then and else have one type.
class BIREME_API ISelectLayer : public ILayer {
    BIREME_LAYER_CLASS(ISelectLayer);
};

BIREME_NAMESPACE_END
