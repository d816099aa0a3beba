// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/jit/sources.h"

#include "base/status.h"

namespace bireme::cuda {

std::string_view deviceSource(std::string_view name) {
    for (const auto& s : deviceSources())
        if (s.name == name) return s.text;
    BIREME_ASSERT(!"a device source of that name is embedded");
    return {};
}

}  // namespace bireme::cuda
