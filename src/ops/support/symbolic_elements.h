// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/infer.h"
#include "ops/pointwise.h"

#include <optional>

namespace bireme::ops {

// fn on integers or bools (0, 1) that are numbers or expressions of symbols; nullopt when no
// expression says it.
std::optional<Dim> applyToDims(const Pointwise& op, const Dim& a, const Dim& b, const Dim& c);

// Can the value not be below zero, whatever extents its symbols stand for?
bool isNonNegative(const Dim& d);

// a / b as integers divide: toward zero.
Dim truncatingDiv(const Dim& a, const Dim& b);

}  // namespace bireme::ops
