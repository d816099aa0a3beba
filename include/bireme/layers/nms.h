// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/nms.h
//! Non-maximum suppression.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

enum class BoundingBoxFormat : int32_t {
    kCORNER_PAIRS = 0,  //!< (x1, y1, x2, y2), any two opposite corners
    kCENTER_SIZES = 1,  //!< (x centre, y centre, width, height)
};
BIREME_ENUM_MAX(BoundingBoxFormat, 2)

//! Inputs: 0 boxes [N, B, 4] or [N, B, C, 4], 1 scores [N, B, C], 2 most outputs per class (scalar
//! INT32 or INT64), optional 3 IoU threshold and 4 score threshold (scalar, default 0). Outputs: 0
//! the selected (batch, class, box) [n, 3], by batch and falling score; 1 their number n, a scalar.
class BIREME_API INMSLayer : public ILayer {
public:
    //! Default kCORNER_PAIRS.
    void setBoundingBoxFormat(BoundingBoxFormat fmt) noexcept;
    BoundingBoxFormat getBoundingBoxFormat() const noexcept;
    //! Boxes per batch and class considered, those of the highest score.
    void setTopKBoxLimit(int32_t limit) noexcept;
    int32_t getTopKBoxLimit() const noexcept;
    //! kINT32 (default) or kINT64.
    //! \return false for others
    bool setIndicesType(DataType type) noexcept;
    DataType getIndicesType() const noexcept;

    BIREME_LAYER_CLASS(INMSLayer);
};

BIREME_NAMESPACE_END
