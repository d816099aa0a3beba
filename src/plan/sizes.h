// SPDX-License-Identifier: Apache-2.0
// How many bytes a tensor takes; the planner, the validator and the executor must agree on it.
#pragma once

#include "tensor/desc.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bireme::plan {

using SymbolRanges = std::map<std::string, DimRange, std::less<>>;

constexpr int64_t kAlignment = 64;  // of everything in the arena and of every constant

// Bytes from the start of the buffer to the end of the last element, padding, strides and offset
// included; 0 for an empty tensor. nullopt for a negative extent or a size beyond 2^62.
std::optional<int64_t> extentBytes(DataType type, const Format& format,
                                   const std::vector<int64_t>& dims);

// The same at the upper bound of every extent; nullopt when an extent has no bound.
std::optional<int64_t> upperBytes(const TensorDesc& desc, const SymbolRanges& ranges);

}  // namespace bireme::plan
