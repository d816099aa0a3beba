// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file tensor.h
//! A tensor of a network: an input, or an output of a layer.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! A value that flows through a network. Owned by the network; never delete it.
//!
//! Shape and type are inferred when asked for: a layer changed later changes them too.
class BIREME_API ITensor : public INoCopy {
public:
    //! Name, unique in the network, at most 4095 bytes, copied. It becomes the name of the engine's
    //! input or output. Default: the layer's name and the output's index.
    void setName(char const* name) noexcept;
    char const* getName() const noexcept;

    //! Extents of a network input; -1 is a run-time extent and needs a profile. An error on others.
    void setDimensions(Dims const& dimensions) noexcept;
    //! Extents, -1 where known only at run time. `nbDims` is -1 when they cannot be inferred; the
    //! reason goes to the error recorder and the log.
    Dims getDimensions() const noexcept;

    //! Type of a network input. In a weakly typed network also the type in which a network output
    //! is delivered: the build adds the conversion.
    void setType(DataType type) noexcept;
    //! Type of the elements, inferred.
    DataType getType() const noexcept;

    bool isNetworkInput() const noexcept;
    bool isNetworkOutput() const noexcept;

    //! Sets the range of values for implicit quantisation; the larger magnitude counts.
    //! \return false unless both are finite and min <= max
    bool setDynamicRange(float min, float max) noexcept;
    bool dynamicRangeIsSet() const noexcept;
    void resetDynamicRange() noexcept;
    //! NaN when not set.
    float getDynamicRangeMin() const noexcept;
    //! NaN when not set.
    float getDynamicRangeMax() const noexcept;

    //! Layouts in which an input or output may be bound, as a set; default all. kLINEAR must be
    //! among them: the build refuses tensors without it.
    void setAllowedFormats(TensorFormats formats) noexcept;
    TensorFormats getAllowedFormats() const noexcept;

    //! True when the values take part in the calculation of shapes. Reliable once the network is
    //! complete.
    bool isShapeTensor() const noexcept;
    //! True when the values are needed by layers that compute. Reliable once the network is
    //! complete.
    bool isExecutionTensor() const noexcept;

    //! Names extent \p index of an input; extents of one name must be equal at run time. Null
    //! clears.
    void setDimensionName(int32_t index, char const* name) noexcept;
    //! Name of extent \p index, or null.
    char const* getDimensionName(int32_t index) const noexcept;

    //! Always kDEVICE: the builder decides.
    TensorLocation getLocation() const noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit ITensor(::bireme::api::Tensor* impl) noexcept : impl_(impl) {}
    ~ITensor() noexcept override;
    ::bireme::api::Tensor* impl_;
};

BIREME_NAMESPACE_END
