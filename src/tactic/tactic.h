// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

#include <string>
#include <vector>

namespace bireme::tactic {

// One way for a factory to do a query; small, ordered, serializable. `parameters` is the factory's
// own short text.
struct Tactic {
    std::string factory;
    std::string parameters;
    bool operator==(const Tactic&) const = default;
    std::string text() const {
        return parameters.empty() ? factory : factory + "[" + parameters + "]";
    }
};

using TacticList = std::vector<Tactic>;

}  // namespace bireme::tactic
