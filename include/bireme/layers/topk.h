// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/topk.h
//! The largest or smallest elements.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class TopKOperation : int32_t { kMAX = 0, kMIN = 1 };
BIREME_ENUM_MAX(TopKOperation, 2)

//! The k largest or smallest elements along one axis, sorted. Output 0 the values, output 1 the
//! indices. Input 1, when set, gives k as a scalar INT32 or INT64.
class BIREME_API ITopKLayer : public ILayer {
public:
    void setOperation(TopKOperation op) noexcept;
    TopKOperation getOperation() const noexcept;
    //! Positive. Setting it drops input 1.
    void setK(int32_t k) noexcept;
    //! 0 while input 1 stands.
    int32_t getK() const noexcept;
    //! Exactly one bit: bit i is dimension i.
    void setReduceAxes(uint32_t reduceAxes) noexcept;
    uint32_t getReduceAxes() const noexcept;
    //! kINT32 (default) or kINT64.
    //! \return false for others
    bool setIndicesType(DataType type) noexcept;
    DataType getIndicesType() const noexcept;

    BIREME_LAYER_CLASS(ITopKLayer);
};

BIREME_NAMESPACE_END
