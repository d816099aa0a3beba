// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/resize.h
//! Resize by interpolation.

#include "bireme/layer.h"
#include "bireme/layers/sample_mode.h"

BIREME_NAMESPACE_BEGIN

//! Input coordinate x of output coordinate o, with extents I and O.
enum class ResizeCoordinateTransformation : int32_t {
    kALIGN_CORNERS = 0,  //!< x = o (I - 1) / (O - 1)
    kASYMMETRIC = 1,     //!< x = o I / O
    kHALF_PIXEL = 2,     //!< x = (o + 1/2) I / O - 1/2
};
BIREME_ENUM_MAX(ResizeCoordinateTransformation, 3)

//! Coordinate when the output extent is 1.
enum class ResizeSelector : int32_t {
    kFORMULA = 0,  //!< what the transformation gives
    kUPPER = 1,    //!< 0
};
BIREME_ENUM_MAX(ResizeSelector, 2)

//! Rounding of the coordinate for kNEAREST.
enum class ResizeRoundMode : int32_t { kHALF_UP = 0, kHALF_DOWN = 1, kFLOOR = 2, kCEIL = 3 };
BIREME_ENUM_MAX(ResizeRoundMode, 4)

//! Resizes by interpolation. The output extents come from setOutputDimensions(), from setScales()
//! or from input 1 (1-D INT32 or INT64).
class BIREME_API IResizeLayer : public ILayer {
public:
    //! As many extents as the input has.
    void setOutputDimensions(Dims const& dimensions) noexcept;
    //! `nbDims` is -1 unless set.
    Dims getOutputDimensions() const noexcept;
    //! As many scales as the input has dimensions; out = floor(in * scale).
    void setScales(float const* scales, int32_t nbScales) noexcept;
    //! Copies up to \p size scales.
    //! \return their number, -1 unless set
    int32_t getScales(int32_t size, float* scales) const noexcept;
    //! Default kNEAREST.
    void setResizeMode(InterpolationMode interpolationMode) noexcept;
    InterpolationMode getResizeMode() const noexcept;
    //! Default kASYMMETRIC.
    void setCoordinateTransformation(ResizeCoordinateTransformation coordTransform) noexcept;
    ResizeCoordinateTransformation getCoordinateTransformation() const noexcept;
    //! Default kFORMULA.
    void setSelectorForSinglePixel(ResizeSelector selector) noexcept;
    ResizeSelector getSelectorForSinglePixel() const noexcept;
    //! Default kFLOOR.
    void setNearestRounding(ResizeRoundMode value) noexcept;
    ResizeRoundMode getNearestRounding() const noexcept;
    //! Coefficient of the cubic kernel, default -0.75.
    void setCubicCoeff(float A) noexcept;
    float getCubicCoeff() const noexcept;
    //! True: weights outside of the input count 0 and the rest is renormalised. Default false.
    void setExcludeOutside(bool excludeFlag) noexcept;
    bool getExcludeOutside() const noexcept;

    BIREME_LAYER_CLASS(IResizeLayer);
};

BIREME_NAMESPACE_END
