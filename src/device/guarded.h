// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"

#include <exception>
#include <string>
#include <utility>

namespace bireme::device {

// What a step that has to allocate, and may throw inside, gives back; `message` keeps the text that
// the status points to.
template <typename F>
Status guarded(std::string& message, F&& run) noexcept {
    try {
        return std::forward<F>(run)();
    } catch (const Error& e) {
        message = e.what();
        return {e.code(), message.c_str()};
    } catch (const std::exception&) {
        return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a step");
    }
}

}  // namespace bireme::device
