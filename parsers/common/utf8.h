// SPDX-License-Identifier: Apache-2.0
// Names out of damaged files, made fit to be shown.
#pragma once

#include <string>
#include <string_view>

namespace bireme::parsers {

/// The text with "?" in place of each byte that is not part of a character in UTF-8.
std::string readable(std::string_view text);

}  // namespace bireme::parsers
