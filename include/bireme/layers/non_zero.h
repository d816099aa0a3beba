// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/non_zero.h
//! Coordinates of what is not zero.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Coordinates of the non-zero elements, one a column, in lexicographic order: [rank, n]. n depends
//! on the data.
class BIREME_API INonZeroLayer : public ILayer {
public:
    //! kINT32 (default) or kINT64.
    //! \return false for others
    bool setIndicesType(DataType type) noexcept;
    DataType getIndicesType() const noexcept;

    BIREME_LAYER_CLASS(INonZeroLayer);
};

BIREME_NAMESPACE_END
