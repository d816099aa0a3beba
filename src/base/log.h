// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.h"
#include "bireme/logger.h"

namespace bireme {

// A thin value over the user's ILogger; a null logger drops everything.
class Log {
public:
    using Severity = ILogger::Severity;

    Log() = default;
    explicit Log(ILogger* logger) : logger_(logger) {}

    template <typename... Args>
    void error(const Args&... args) const {
        write(Severity::kERROR, cat(args...));
    }
    template <typename... Args>
    void warning(const Args&... args) const {
        write(Severity::kWARNING, cat(args...));
    }
    template <typename... Args>
    void info(const Args&... args) const {
        write(Severity::kINFO, cat(args...));
    }
    template <typename... Args>
    void verbose(const Args&... args) const {
        write(Severity::kVERBOSE, cat(args...));
    }

    void write(Severity severity, const std::string& message) const noexcept {
        if (logger_) logger_->log(severity, message.c_str());
    }
    ILogger* logger() const noexcept { return logger_; }

private:
    ILogger* logger_ = nullptr;
};

}  // namespace bireme
