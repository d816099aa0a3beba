// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>

namespace bireme::ops {

// Every scalar function, in the order of pointwise.def.
enum class PointwiseFn : int32_t {
#define PW(name, arity, result, cpp, cuda) name,
#include "ops/pointwise.def"
#undef PW
};
EnumNames enumNames(PointwiseFn);

enum class PointwiseResult : uint8_t { same, boolean, target };

int arity(PointwiseFn fn);
PointwiseResult resultRule(PointwiseFn fn);
using bireme::name;  // of element types
const char* name(PointwiseFn fn);
const char* cudaExpression(PointwiseFn fn);

// Elementwise layers of every kind. Operands broadcast numpy-style (missing leading dims allowed)
// and share one type, but for select, whose first operand is bool. alpha and beta are the
// function's parameters.
struct Pointwise {
    PointwiseFn fn = PointwiseFn::copy;
    float alpha = 0;
    float beta = 0;
    DataType to = DataType::kFLOAT;  // cast's target
    bool saturate = true;  // cast to a small float or an integer below a byte: Overflow::saturate
    void fields(FieldVisitor& v) {
        v.field(1, "fn", fn);
        v.field(2, "alpha", alpha);
        v.field(3, "beta", beta);
        v.field(4, "to", to);
        v.field(5, "saturate", saturate);
    }
};

// fn(a, b, c) in float, double or int64_t, by the C++ expression of pointwise.def.
template <typename T>
T applyPointwise(PointwiseFn fn, T a, T b, T c, T alpha, T beta);
extern template float applyPointwise(PointwiseFn, float, float, float, float, float);
extern template double applyPointwise(PointwiseFn, double, double, double, double, double);
extern template int64_t applyPointwise(PointwiseFn, int64_t, int64_t, int64_t, int64_t, int64_t);

}  // namespace bireme::ops
