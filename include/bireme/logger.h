// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file logger.h
//! The logger: the one object that the library needs from the application.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Receives every message of the library. Implemented by the user; must outlive all objects made
//! with it and must be thread-safe.
class BIREME_API ILogger {
public:
    enum class Severity : int32_t {
        kINTERNAL_ERROR = 0,  //!< a defect of the library
        kERROR = 1,           //!< the call failed
        kWARNING = 2,         //!< the call went on, but something deserves attention
        kINFO = 3,            //!< progress of long work
        kVERBOSE = 4,         //!< everything
    };

    //! \param severity kind of message \param msg NUL-terminated, valid during the call
    virtual void log(Severity severity, AsciiChar const* msg) noexcept = 0;

    ILogger() = default;
    virtual ~ILogger() = default;

protected:
    ILogger(ILogger const&) = default;
    ILogger(ILogger&&) = default;
    ILogger& operator=(ILogger const&) & = default;
    ILogger& operator=(ILogger&&) & = default;
};
BIREME_ENUM_MAX(ILogger::Severity, 5)

//! Finds the logger for code that has none of its own, such as a plugin library.
class BIREME_API ILoggerFinder {
public:
    virtual ILogger* findLogger() = 0;

protected:
    virtual ~ILoggerFinder() = default;
};

BIREME_NAMESPACE_END

//! The first logger that a builder, runtime or parser of this process was made with; null before.
extern "C" BIREME_API nvinfer1::ILogger* getLogger() noexcept;
