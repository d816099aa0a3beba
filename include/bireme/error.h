// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file error.h
//! Error codes and the recorder that collects them.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Kind of a failure. The text that comes with it says which thing, what was expected, what was
//! found.
enum class ErrorCode : int32_t {
    kSUCCESS = 0,
    kUNSPECIFIED_ERROR = 1,
    kINTERNAL_ERROR = 2,         //!< a defect of the library
    kINVALID_ARGUMENT = 3,       //!< an argument breaks the function's contract
    kINVALID_CONFIG = 4,         //!< the network or the configuration contradicts itself
    kFAILED_ALLOCATION = 5,      //!< out of memory
    kFAILED_INITIALIZATION = 6,  //!< a library or a device cannot be set up
    kFAILED_EXECUTION = 7,       //!< a kernel failed while running
    kFAILED_COMPUTATION = 8,     //!< the data makes the result undefined
    kINVALID_STATE = 9,          //!< the call comes too early or too late
    kUNSUPPORTED_STATE = 10,     //!< legal, but nothing here can do it
};
BIREME_ENUM_MAX(ErrorCode, 11)

//! Collects errors for the application. Implemented by the user, reference counted by the library.
//!
//! Attach it with `setErrorRecorder()`; objects made by the one it is attached to inherit it. Every
//! method may be called from several threads.
class BIREME_API IErrorRecorder : public IVersionedInterface {
public:
    using ErrorDesc = char const*;
    using RefCount = int32_t;

    //! Longest text a recorder must be able to keep, without the final NUL.
    static constexpr size_t kMAX_DESC_LENGTH{127U};

    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IErrorRecorder", 1, 0}; }

    //! Number of errors kept.
    virtual int32_t getNbErrors() const noexcept = 0;
    //! Code of error \p errorIdx, kINVALID_ARGUMENT out of range.
    virtual ErrorCode getErrorCode(int32_t errorIdx) const noexcept = 0;
    //! Text of error \p errorIdx, valid until `clear()`; "" out of range.
    virtual ErrorDesc getErrorDesc(int32_t errorIdx) const noexcept = 0;
    //! True when errors were dropped for lack of room.
    virtual bool hasOverflowed() const noexcept = 0;
    //! Forgets all errors.
    virtual void clear() noexcept = 0;
    //! Adds an error.
    //! \return true when the error is fatal and the caller should stop.
    virtual bool reportError(ErrorCode val, ErrorDesc desc) noexcept = 0;
    virtual RefCount incRefCount() noexcept = 0;
    virtual RefCount decRefCount() noexcept = 0;
};

namespace v_1_0 {
using IErrorRecorder = ::nvinfer1::IErrorRecorder;
}

BIREME_NAMESPACE_END
