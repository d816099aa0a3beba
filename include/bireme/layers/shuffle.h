// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/shuffle.h
//! Transpose, reshape, transpose.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! First transpose, then reshape, then second transpose. Input 1, when set, gives the reshape
//! dimensions as a 1-D INT32 or INT64 tensor.
class BIREME_API IShuffleLayer : public ILayer {
public:
    //! Default: identity.
    void setFirstTranspose(Permutation permutation) noexcept;
    Permutation getFirstTranspose() const noexcept;
    //! One extent may be -1 (what is left); 0 is a placeholder, see setZeroIsPlaceholder().
    //! Default: no reshape. The getter's `nbDims` is -1 when unset or given by input 1.
    void setReshapeDimensions(Dims const& dimensions) noexcept;
    Dims getReshapeDimensions() const noexcept;
    //! Default: identity.
    void setSecondTranspose(Permutation permutation) noexcept;
    Permutation getSecondTranspose() const noexcept;
    //! True (default): 0 in the reshape dimensions copies the extent of the same index.
    void setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept;
    bool getZeroIsPlaceholder() const noexcept;

    BIREME_LAYER_CLASS(IShuffleLayer);
};

BIREME_NAMESPACE_END
