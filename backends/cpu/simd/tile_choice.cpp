// SPDX-License-Identifier: Apache-2.0
// Which loop computes a function on a type, and what it costs.
#include "backends/cpu/simd/tile_functions.h"

namespace bireme::cpu {

using ops::PointwiseFn;

int functionCost(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::exp:
        case PointwiseFn::sigmoid:
        case PointwiseFn::swish: return 8;
        case PointwiseFn::log:
        case PointwiseFn::sin:
        case PointwiseFn::cos:
        case PointwiseFn::asin:
        case PointwiseFn::acos:
        case PointwiseFn::atan:
        case PointwiseFn::tanh:
        case PointwiseFn::erf:
        case PointwiseFn::elu:
        case PointwiseFn::selu:
        case PointwiseFn::softplus:
        case PointwiseFn::scaled_tanh:
        case PointwiseFn::gelu_erf:
        case PointwiseFn::gelu_tanh:
        case PointwiseFn::mish: return 12;
        case PointwiseFn::sqrt:
        case PointwiseFn::recip:
        case PointwiseFn::div:
        case PointwiseFn::softsign: return 3;
        default: return 1;
    }
}

// Of a plain loop: functions of a library are called one element at a time.
static int loopCost(PointwiseFn fn, DataType type) {
    switch (fn) {
        case PointwiseFn::sum:
        case PointwiseFn::sub:
        case PointwiseFn::prod:
        case PointwiseFn::max:
        case PointwiseFn::min:
        case PointwiseFn::equal:
        case PointwiseFn::greater:
        case PointwiseFn::less:
        case PointwiseFn::greater_equal:
        case PointwiseFn::less_equal:
        case PointwiseFn::select:
        case PointwiseFn::abs:
        case PointwiseFn::neg:
        case PointwiseFn::relu:
        case PointwiseFn::clip:
            return type == DataType::kDOUBLE || type == DataType::kINT64 ? 2 : 1;
        default: return type == DataType::kBOOL ? 1 : 32;
    }
}

TileChoice tileFunction(PointwiseFn fn, DataType type) {
    if (type == DataType::kFLOAT)
        if (TileFunction f = vectorFunction(fn)) return {f, functionCost(fn)};
    if (type == DataType::kDOUBLE)
        if (TileFunction f = vectorFunctionOfDoubles(fn)) return {f, 2 * functionCost(fn)};
    return {loopFunction(fn, type), loopCost(fn, type)};
}

}  // namespace bireme::cpu
