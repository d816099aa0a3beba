// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/job.h"

namespace bireme::builder {

using Operand = tactic::Combination::Operand;

// Lists the candidates of a group that run nothing, after those of what it reads: one for each
// format in which its input may stand. True when no kernel need be listed beside them.
// `keepType`: the values must not be narrowed.
bool addViews(const BuildJob& job, const VariantJob& variant, const ir::Node& group, bool keepType,
              GroupChoice& choice);

// Bytes that parts of larger tensors start at multiples of: kernels of a GPU read several elements
// at once and see no address before they run.
int64_t partAlignment(const BuildJob& job);

// Can a kernel that asks for `to` read (or write) a tensor of these dims where it stands as `from`?
bool reads(const DimVector& dims, const Operand& from, const Operand& to,
           const tactic::Combination& reader, int64_t alignment);

}  // namespace bireme::builder
