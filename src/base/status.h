// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/error.h"

#include <exception>
#include <string>

namespace bireme {

// Result of everything on the run path: no allocation, messages are literals or live as long as the
// engine.
struct [[nodiscard]] Status {
    ErrorCode code = ErrorCode::kSUCCESS;
    const char* message = "";

    bool ok() const noexcept { return code == ErrorCode::kSUCCESS; }
    static Status success() noexcept { return {}; }
    static Status failure(ErrorCode code, const char* literal) noexcept { return {code, literal}; }
};

// What ends a build, a parse or a load. `layer` and `source` name the place in the user's network.
class Error : public std::exception {
public:
    Error(ErrorCode code, std::string message, std::string layer = {}, std::string source = {});

    const char* what() const noexcept override { return text_.c_str(); }
    ErrorCode code() const noexcept { return code_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& layer() const noexcept { return layer_; }

    // The same error told of a layer, for callers that know which one was at work.
    Error at(const std::string& layer, const std::string& source = {}) const;

private:
    ErrorCode code_;
    std::string message_;
    std::string layer_;
    std::string source_;
    std::string text_;
};

[[noreturn]] void fail(ErrorCode code, std::string message);
[[noreturn]] void failInvalid(std::string message);  // kINVALID_ARGUMENT
[[noreturn]] void assertionFailed(const char* condition, const char* file, int line);

}  // namespace bireme

// A programmer's mistake; never reachable from user input.
#define BIREME_ASSERT(condition) \
    ((condition) ? void(0) : ::bireme::assertionFailed(#condition, __FILE__, __LINE__))
