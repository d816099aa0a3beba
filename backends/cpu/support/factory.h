// SPDX-License-Identifier: Apache-2.0
// Small things that most factories need.
#pragma once

#include "base/text.h"
#include "tactic/catalog.h"
#include "tactic/combination.h"
#include "tensor/dtype.h"
#include "tensor/walk.h"

#include <optional>

namespace bireme::cpu {

using tactic::combination;
using tactic::no;
using tactic::Support;
using tactic::yes;

// Every operand of the output's rank channels-last, constants too, all others linear.
inline tactic::Combination channelsLastCombination(const tactic::Query& q) {
    return tactic::channelsLastCombination(q, true);
}

inline bool allFloat(const tactic::Query& q) {
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).type != DataType::kFLOAT) return false;
    for (int i = 0; i < q.outputs(); ++i)
        if (q.out(i).type != DataType::kFLOAT) return false;
    return true;
}

// The type of all operands, where they have one.
std::optional<DataType> onlyType(const tactic::Query& q);

// Whether oneDNN multiplies this type by instructions of the machine. Results are sums in f32,
// rounded once.
bool multiplies(DataType type);

// Is an extent of an operand 0 at every shape?
bool lacksElements(const tactic::Query& q);

// Dims of `dims` with leading ones up to `rank`.
std::vector<int64_t> alignedDims(const std::vector<int64_t>& dims, size_t rank);
std::string dimsText(const std::vector<int64_t>& dims);  // "1x3x224x224"

}  // namespace bireme::cpu
