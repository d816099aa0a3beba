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
    int64_t intAlpha = 0, intBeta = 0;  // parameters of integer functions
};
using TileFunction = void (*)(const TileArgs&);

// What computes `fn` on operands of one type (f32, f64, bool, integers of a byte and more): vectors
// for the float functions that networks use, else a loop that is compiled around the function.
struct TileChoice {
    TileFunction function = nullptr;  // null: no such combination
    int cost = 1;                     // roughly, in additions
};
TileChoice tileFunction(ops::PointwiseFn fn, DataType type);

// Vector code for floats, or doubles, on this machine; null when there is none.
TileFunction vectorFunction(ops::PointwiseFn fn);
TileFunction vectorFunctionOfDoubles(ops::PointwiseFn fn);
// The compiled loop for a type; null when the function does not take it.
TileFunction loopFunction(ops::PointwiseFn fn, DataType type);
TileFunction narrowLoopFunction(ops::PointwiseFn fn, DataType type);
int functionCost(ops::PointwiseFn fn);

}  // namespace bireme::cpu
