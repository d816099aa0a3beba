// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

#include <string_view>

namespace bireme::ir {

// Reads the text form that print() writes (grammar there) and infers all descs; throws Error with
// the line. Types after nodes are optional and not checked; '#' at the start of a line begins a
// comment.
Graph parse(std::string_view text);
// All graphs of a text, one after another.
std::vector<Graph> parseAll(std::string_view text);

}  // namespace bireme::ir
