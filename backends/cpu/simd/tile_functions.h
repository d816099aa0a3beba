// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/pointwise.h"

#include <cstdint>

namespace bireme::cpu {

// One scalar function over n elements. Operands and the result are dense; the result may be an
// operand.
struct TileArgs {
    void* out = nullptr;
    const void* in[3] = {};
    float alpha = 0, beta = 0;  // parameters of real functions
    int64_t n = 0;
    const void* scalar = nullptr;  // of loops over a scalar function
    int64_t intAlpha = 0, intBeta = 0;
};
using TileFunction = void (*)(const TileArgs&);

// What computes `fn` on operands of one type (f32, f64, i32, i64, bool): vectors for the float
// functions that networks use, else a loop over the reference's own scalar function.
struct TileChoice {
    TileFunction function = nullptr;  // null: no such combination
    const void* scalar = nullptr;
    int cost = 1;  // roughly, in additions
};
TileChoice tileFunction(ops::PointwiseFn fn, DataType type);

// Vector code for floats on this machine; null when there is none.
TileFunction vectorFunction(ops::PointwiseFn fn);
int functionCost(ops::PointwiseFn fn);

}  // namespace bireme::cpu
