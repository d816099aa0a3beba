// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file profile.h
//! Ranges of the run-time extents of a network's inputs.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Corner of a profile.
enum class OptProfileSelector : int32_t {
    kMIN = 0,  //!< least extent that may occur
    kOPT = 1,  //!< extent that the builder tunes for
    kMAX = 2,  //!< greatest extent that may occur
};
BIREME_ENUM_MAX(OptProfileSelector, 3)

//! For every input with run-time extents, and every input whose values are shapes: min, opt and
//! max. Made by IBuilder::createOptimizationProfile() and owned by the builder; never delete it.
class BIREME_API IOptimizationProfile : public INoCopy {
public:
    //! \param inputName name of a network input; need not exist yet
    //! \param dims all extents, none negative; those fixed in the network the same in all corners
    //! \return false when the rank differs from the other corners, or not min <= opt <= max
    bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept;
    //! `nbDims` is -1 when not set.
    Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept;

    //! Values of an input that is a shape tensor, at most 64.
    //! \return false when inconsistent
    bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                          int32_t nbValues) noexcept;
    //! Null when not set; valid until they are set again.
    int64_t const* getShapeValuesV2(char const* inputName,
                                    OptProfileSelector select) const noexcept;
    //! As setShapeValuesV2(): the later call wins.
    bool setShapeValues(char const* inputName, OptProfileSelector select, int32_t const* values,
                        int32_t nbValues) noexcept;
    int32_t const* getShapeValues(char const* inputName, OptProfileSelector select) const noexcept;
    //! -1 when not set.
    int32_t getNbShapeValues(char const* inputName) const noexcept;

    //! Share of the memory that this profile may use for speed, 0 to 1, default 1.
    bool setExtraMemoryTarget(float target) noexcept;
    float getExtraMemoryTarget() const noexcept;

    //! True when every input has all three corners and they are consistent.
    bool isValid() const noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit IOptimizationProfile(::bireme::api::Profile* impl) noexcept : impl_(impl) {}
    ~IOptimizationProfile() noexcept override;
    ::bireme::api::Profile* impl_;
};

BIREME_NAMESPACE_END
