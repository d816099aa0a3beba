// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/report.h"

#include "parsers/common/utf8.h"

namespace bireme::parsers {

void Report::setRecorder(IErrorRecorder* recorder) {
    if (recorder != nullptr) recorder->incRefCount();
    if (recorder_ != nullptr) recorder_->decRefCount();
    recorder_ = recorder;
}

void Report::error(const std::string& why) {
    const std::string text = readable(why);
    errors_.push_back(text);
    if (recorder_ != nullptr) recorder_->reportError(ErrorCode::kINVALID_ARGUMENT, text.c_str());
    log(ILogger::Severity::kERROR, text);
}

void Report::log(ILogger::Severity severity, const std::string& text) {
    if (logger_ != nullptr) logger_->log(severity, text.c_str());
}

}  // namespace bireme::parsers
