// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"

#include <dnnl.hpp>
#include <string>

namespace bireme::cpu {

const dnnl::engine& dnnlEngine();  // of the process
dnnl::stream& dnnlStream();        // of the calling thread; runs at once
bool multipliesBytes();            // exactly: by instructions that sum products in 32 bits
std::string libraryVersion();      // "3.2.0"

// Runs f; an error of the library becomes an Error that says what was being made.
template <typename F>
auto guarded(const char* what, F&& f) {
    try {
        return f();
    } catch (const dnnl::error& e) {
        fail(e.status == dnnl_out_of_memory ? ErrorCode::kFAILED_ALLOCATION
                                            : ErrorCode::kFAILED_INITIALIZATION,
             std::string(what) + ": oneDNN says \"" + e.what() + "\"");
    }
}

// Whether the library fell back to plain loops.
inline bool isReference(const char* implementation) {
    return std::string_view(implementation).find("ref") != std::string_view::npos;
}

}  // namespace bireme::cpu
