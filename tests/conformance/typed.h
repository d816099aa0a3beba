// SPDX-License-Identifier: Apache-2.0
// One graph as a case per element type.
#pragma once

#include "tests/conformance/runner.h"

#include <string>
#include <vector>

namespace bireme::conformance {

// The graph with `type` for each TYPE.
std::string on(std::string graph, const std::string& type);

// Tolerance of one rounding of a result of the type.
double precision(const std::string& type);

// A case `name`_type per type, within `roundings` times its precision; unsigned ones from 0 to 9.
void addTyped(std::vector<Case>& cases, const std::string& name, const std::string& kernel,
              const std::string& graph, const std::vector<std::string>& types,
              double roundings = 1);

}  // namespace bireme::conformance
