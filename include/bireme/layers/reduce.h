// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/reduce.h
//! Reduction over axes.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class ReduceOperation : int32_t {
    kSUM = 0,
    kPROD = 1,
    kMAX = 2,
    kMIN = 3,
    kAVG = 4,
    kNONE = 5,  //!< only for collectives
};
BIREME_ENUM_MAX(ReduceOperation, 6)

//! Reduces over a set of axes. Of nothing: SUM 0, PROD 1, MAX and MIN the type's extreme, AVG NaN
//! (0 for integers).
class BIREME_API IReduceLayer : public ILayer {
public:
    void setOperation(ReduceOperation op) noexcept;
    ReduceOperation getOperation() const noexcept;
    //! Bit i is dimension i; at least one.
    void setReduceAxes(uint32_t reduceAxes) noexcept;
    uint32_t getReduceAxes() const noexcept;
    //! True: reduced dimensions stay with extent 1.
    void setKeepDimensions(bool keepDimensions) noexcept;
    bool getKeepDimensions() const noexcept;

    BIREME_LAYER_CLASS(IReduceLayer);
};

BIREME_NAMESPACE_END
