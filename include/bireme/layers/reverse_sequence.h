// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/reverse_sequence.h
//! Reversing sequences of different lengths.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! Reverses the first lengths[b] elements along the sequence axis for every b of the batch axis.
//! Input 0 is the data, input 1 the lengths, 1-D INT32 or INT64.
class BIREME_API IReverseSequenceLayer : public ILayer {
public:
    //! Default 1.
    void setBatchAxis(int32_t batchAxis) noexcept;
    int32_t getBatchAxis() const noexcept;
    //! Default 0.
    void setSequenceAxis(int32_t sequenceAxis) noexcept;
    int32_t getSequenceAxis() const noexcept;

    BIREME_LAYER_CLASS(IReverseSequenceLayer);
};

BIREME_NAMESPACE_END
