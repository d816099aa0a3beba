// SPDX-License-Identifier: Apache-2.0
// What the parser says: errors kept for the caller, messages for the logger.
#pragma once

#include <string>
#include <vector>

#include "bireme/logger.h"
#include "bireme/network.h"

namespace bireme::parsers {

class Report {
public:
    void error(const std::string& why);
    void warn(const std::string& text) { log(ILogger::Severity::kWARNING, text); }
    void detail(const std::string& text) { log(ILogger::Severity::kVERBOSE, text); }

    void setLogger(ILogger* logger) { logger_ = logger; }
    void setRecorder(IErrorRecorder* recorder);
    IErrorRecorder* recorder() const { return recorder_; }
    const std::vector<std::string>& errors() const { return errors_; }
    void clear() { errors_.clear(); }

    Report() = default;
    ~Report() { setRecorder(nullptr); }
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

private:
    void log(ILogger::Severity severity, const std::string& text);

    ILogger* logger_ = nullptr;
    IErrorRecorder* recorder_ = nullptr;
    std::vector<std::string> errors_;
};

}  // namespace bireme::parsers
