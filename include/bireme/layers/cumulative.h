// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/cumulative.h
//! Running sums.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class CumulativeOperation : int32_t { kSUM = 0 };
BIREME_ENUM_MAX(CumulativeOperation, 1)

//! Running reduction along one axis. Input 0 is x, input 1 the axis: a scalar INT32 or INT64 known
//! at build time.
class BIREME_API ICumulativeLayer : public ILayer {
public:
    bool setOperation(CumulativeOperation op) noexcept;
    CumulativeOperation getOperation() const noexcept;
    //! True: element i is the sum of those before i.
    void setExclusive(bool exclusive) noexcept;
    bool getExclusive() const noexcept;
    //! True: runs from the end.
    void setReverse(bool reverse) noexcept;
    bool getReverse() const noexcept;

    BIREME_LAYER_CLASS(ICumulativeLayer);
};

BIREME_NAMESPACE_END
