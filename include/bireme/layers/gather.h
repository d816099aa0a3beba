// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/gather.h
//! Gather.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class GatherMode : int32_t {
    kDEFAULT = 0,  //!< the axis is replaced by the dimensions of the indices
    kELEMENT = 1,  //!< one index per output element; ranks equal
    kND = 2,       //!< the last dimension of the indices is a coordinate
};
BIREME_ENUM_MAX(GatherMode, 3)

//! Takes elements by index. Input 0 data, input 1 indices (INT32 or INT64). A negative index counts
//! from the end; an index outside reads 0.
class BIREME_API IGatherLayer : public ILayer {
public:
    //! Default 0. Not for kND.
    void setGatherAxis(int32_t axis) noexcept;
    int32_t getGatherAxis() const noexcept;
    //! Number of leading dimensions that data and indices share, default 0.
    void setNbElementWiseDims(int32_t elementWiseDims) noexcept;
    int32_t getNbElementWiseDims() const noexcept;
    void setMode(GatherMode mode) noexcept;
    GatherMode getMode() const noexcept;

    BIREME_LAYER_CLASS(IGatherLayer);
};

BIREME_NAMESPACE_END
