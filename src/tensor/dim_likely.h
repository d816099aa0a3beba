// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "tensor/dim.h"

#include <optional>

namespace bireme {

// As Dim::eval, at values that are bounds or guesses: nothing where they do not go together (two
// extents that broadcast, each at its own bound) or the result is beyond any number.
inline std::optional<int64_t> evalLikely(const Dim& d, const Dim::Values& values) {
    try {
        return d.eval(values);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace bireme
