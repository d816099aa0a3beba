// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <map>
#include <string>

namespace bireme::builder {

// Lifetimes of arena tensors and workspaces at the upper bounds -> offsets in the variant's one
// arena. A tensor without a useful bound becomes deferred.
void placeStorage(plan::Variant& variant, const Dim::Values& max,
                  const std::map<std::string, DimRange, std::less<>>& ranges);

}  // namespace bireme::builder
