// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/slice.h
//! Slice with strides.

#include "bireme/layer.h"
#include "bireme/layers/sample_mode.h"

BIREME_NAMESPACE_BEGIN

//! out[i] = in[start + i * stride]. Inputs 1 start, 2 size, 3 stride, 5 axes (1-D INT32 or INT64)
//! replace the constants; input 4 is the fill value of kFILL, a scalar of the input's type.
class BIREME_API ISliceLayer : public ILayer {
public:
    //! Setting a constant drops the input that stood for it; the getter's `nbDims` is -1 while the
    //! input stands.
    void setStart(Dims const& start) noexcept;
    Dims getStart() const noexcept;
    //! Extents of the output along the axes.
    void setSize(Dims const& size) noexcept;
    Dims getSize() const noexcept;
    //! Any value; negative runs backwards, 0 repeats.
    void setStride(Dims const& stride) noexcept;
    Dims getStride() const noexcept;
    //! Default kSTRICT_BOUNDS.
    void setMode(SampleMode mode) noexcept;
    SampleMode getMode() const noexcept;
    //! Axes that start, size and stride speak of. Default: all, in order.
    void setAxes(Dims const& axes) noexcept;
    Dims getAxes() const noexcept;

    BIREME_LAYER_CLASS(ISliceLayer);
};

BIREME_NAMESPACE_END
