// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ir/eval.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Beyond TensorRT's: kL1, kL2, kLOG_SUM_EXP are composed by importers from pointwise and sum.
struct Reduce {
    ReduceOperation operation = ReduceOperation::kSUM;
    std::vector<int64_t> axes;  // non-negative or counted from the end; empty: none (identity)
    bool keepDims = true;
    void fields(FieldVisitor& v) {
        v.field(1, "operation", operation);
        v.field(2, "axes", axes);
        v.field(3, "keepDims", keepDims);
    }
};

// The result of reducing input 0 over the axes marked in `set` into output 0.
void evalReduction(ReduceOperation op, const std::vector<bool>& set, ir::EvalContext& c);

}  // namespace bireme::ops
