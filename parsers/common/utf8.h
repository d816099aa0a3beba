// SPDX-License-Identifier: Apache-2.0
// Names as messages show them, those out of damaged files too.
#pragma once

#include <string>
#include <string_view>

namespace bireme::parsers {

/// The text with "?" in place of each byte that is not part of a character in UTF-8.
std::string readable(std::string_view text);

std::string inQuotes(std::string_view name);

}  // namespace bireme::parsers
