// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file calibrator.h
//! Interfaces by which the application feeds INT8 calibration.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! How ranges are found from samples.
enum class CalibrationAlgoType : int32_t {
    kLEGACY_CALIBRATION = 0,
    kENTROPY_CALIBRATION = 1,
    kENTROPY_CALIBRATION_2 = 2,
    kMINMAX_CALIBRATION = 3,
};
BIREME_ENUM_MAX(CalibrationAlgoType, 4)

//! Supplies batches of real inputs, and keeps the ranges found. Implemented by the user.
class BIREME_API IInt8Calibrator : public IVersionedInterface {
public:
    //! Number of samples in a batch.
    virtual int32_t getBatchSize() const noexcept = 0;
    //! Writes the address of the next batch of every input into \p bindings.
    //! \param names names of the inputs \param nbBindings their number
    //! \return false when there are no more batches
    virtual bool getBatch(void* bindings[], char const* names[], int32_t nbBindings) noexcept = 0;
    //! Ranges kept from before, or null. \param length receives their size in bytes
    virtual void const* readCalibrationCache(std::size_t& length) noexcept = 0;
    //! Keeps ranges. \param ptr text \param length bytes
    virtual void writeCalibrationCache(void const* ptr, std::size_t length) noexcept = 0;
    virtual CalibrationAlgoType getAlgorithm() noexcept = 0;
    ~IInt8Calibrator() noexcept override = default;
};

//! Ranges that lose the least information, per tensor.
class BIREME_API IInt8EntropyCalibrator2 : public IInt8Calibrator {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"IInt8EntropyCalibrator2", 1, 0};
    }
    CalibrationAlgoType getAlgorithm() noexcept override {
        return CalibrationAlgoType::kENTROPY_CALIBRATION_2;
    }
};

//! Ranges that hold every value seen.
class BIREME_API IInt8MinMaxCalibrator : public IInt8Calibrator {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"IInt8MinMaxCalibrator", 1, 0};
    }
    CalibrationAlgoType getAlgorithm() noexcept override {
        return CalibrationAlgoType::kMINMAX_CALIBRATION;
    }
};

BIREME_NAMESPACE_END
