// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/scatter.h
//! Scatter.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class ScatterMode : int32_t {
    kELEMENT = 0,  //!< one index per update; ranks equal
    kND = 1,       //!< the last dimension of the indices is a coordinate
};
BIREME_ENUM_MAX(ScatterMode, 2)

//! A copy of the data with updates written into it. Inputs: 0 data, 1 indices (INT32 or INT64), 2
//! updates of the data's type. Two updates of one element: the result is one of them.
class BIREME_API IScatterLayer : public ILayer {
public:
    void setMode(ScatterMode mode) noexcept;
    ScatterMode getMode() const noexcept;
    //! Axis of kELEMENT, default 0.
    void setAxis(int32_t axis) noexcept;
    int32_t getAxis() const noexcept;

    BIREME_LAYER_CLASS(IScatterLayer);
};

BIREME_NAMESPACE_END
