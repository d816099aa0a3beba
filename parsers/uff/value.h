// SPDX-License-Identifier: Apache-2.0
// What a node gives: a tensor or a constant, and how its dimensions lie.
#pragma once

#include <memory>
#include <vector>

#include "bireme/tensor.h"
#include "parsers/uff/constant.h"

namespace bireme::uff_import {

/// Axis of a tensor for each axis that TensorFlow counts; empty: they are the same.
using Axes = std::vector<int>;

struct Flat;

/// Dimensions of every value are counted as TensorFlow counts them. The tensor may hold them in
/// another order, so that convolutions over N, H, W, C take their operands as they are.
struct Value {
    Value() = default;
    Value(ITensor& t, Axes order = {}) : tensor(&t), where(std::move(order)) {}
    explicit Value(const Constant* c) : constant(c) {}

    ITensor* tensor = nullptr;
    const Constant* constant = nullptr;
    Axes where;
    std::shared_ptr<Flat> flat;  ///< set instead of `tensor` for a matrix not made yet

    bool isConstant() const { return constant != nullptr; }
};

/// A value whose dimensions but the first are to become one. A product of matrices can read the
/// value as it lies and reorder its weights instead.
struct Flat {
    Value source;
    std::vector<int64_t> dims;  ///< of the result
    ITensor* made = nullptr;
};

}  // namespace bireme::uff_import
