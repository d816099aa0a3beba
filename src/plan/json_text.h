// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bireme::plan {

// A JSON string literal, quotes included.
std::string jsonString(std::string_view s);

}  // namespace bireme::plan
