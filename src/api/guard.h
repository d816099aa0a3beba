// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "base/status.h"

#include <type_traits>
#include <utility>

namespace bireme::api {

// Where the errors of one public object go: the recorder if there is one, and the log. Copies share
// the recorder.
class Reporter {
public:
    explicit Reporter(ILogger* logger = nullptr, IErrorRecorder* recorder = nullptr) noexcept;
    Reporter(const Reporter& o) noexcept : Reporter(o.logger_, o.recorder_) {}
    Reporter& operator=(const Reporter& o) noexcept;
    ~Reporter();

    void setRecorder(IErrorRecorder* recorder) noexcept;  // null detaches
    IErrorRecorder* recorder() const noexcept { return recorder_; }
    ILogger* logger() const noexcept { return logger_; }
    Log log() const noexcept { return Log(logger_); }

    void report(ErrorCode code, const char* message) const noexcept;
    void report(const Status& status) const noexcept { report(status.code, status.message); }
    // Inside a catch block: reports whatever is being handled.
    void reportCurrent() const noexcept;

private:
    ILogger* logger_;
    IErrorRecorder* recorder_;
};

// The boundary of the library: nothing is thrown past it. Gives `fallback` when `body` throws.
template <typename R, typename F>
R guard(const Reporter& reporter, R fallback, F&& body) noexcept {
    try {
        return std::forward<F>(body)();
    } catch (...) {
        reporter.reportCurrent();
        return fallback;
    }
}

template <typename F>
void guard(const Reporter& reporter, F&& body) noexcept {
    try {
        std::forward<F>(body)();
    } catch (...) {
        reporter.reportCurrent();
    }
}

// Throws kINVALID_ARGUMENT with the parts as message unless the condition holds.
template <typename... Args>
void require(bool condition, const Args&... message) {
    if (!condition) failInvalid(cat(message...));
}

// A name that a user gave: not null, at most 4095 bytes.
const char* requireName(const char* name, const char* what);

// Remembers the first logger of the process, for getLogger().
void offerGlobalLogger(ILogger* logger) noexcept;

// False, with a message to the logger, unless `version` is of this API's major number.
bool isVersion8(int32_t version) noexcept;  // of a program that defines BIREME_TRT8
bool acceptVersion(ILogger* logger, int32_t version) noexcept;

}  // namespace bireme::api
