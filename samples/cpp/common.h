// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bireme/bireme.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace sample {

// Prints warnings and errors.
class Logger final : public bireme::ILogger {
public:
    void log(Severity severity, char const* message) noexcept override {
        if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
    }
};

// The library reports through the logger; a sample just stops.
inline void check(bool ok, char const* what) {
    if (ok) return;
    std::fprintf(stderr, "failed: %s\n", what);
    std::exit(1);
}

inline size_t volume(bireme::Dims const& d) {
    size_t n = 1;
    for (int32_t i = 0; i < d.nbDims; ++i) n *= static_cast<size_t>(d.d[i]);
    return n;
}

}  // namespace sample
