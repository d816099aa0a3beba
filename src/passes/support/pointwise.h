// SPDX-License-Identifier: Apache-2.0
// Patterns over scalar functions, and products taken apart.
#pragma once

#include "ir/edit.h"
#include "ir/pattern.h"
#include "ops/pointwise.h"

#include <vector>

namespace bireme::passes {

using ops::Pointwise;
using ops::PointwiseFn;

// A node of this function; operands of a commutative one match in either order.
ir::Pattern pw(PointwiseFn fn, const char* name = "");
bool isCommutative(PointwiseFn fn);
// The attributes of the pointwise node that makes `v`, if it is of this function; else null.
const Pointwise* pointwiseOf(const ir::Graph& g, ir::ValueId v, PointwiseFn fn);
ir::Op pointwiseOp(PointwiseFn fn, float alpha = 0, float beta = 0);

// A product of tensors times a number, gathered through single-use products, quotients by numbers,
// small powers and negations.
struct Factors {
    double scale = 1;
    std::vector<ir::ValueId> values;  // with repetition
    std::vector<ir::NodeId> nodes;    // that the product is made of
};
Factors factorsOf(ir::Edit& e, ir::ValueId v);
// Is v the tensor x times the number `scale`?
bool isScaled(ir::Edit& e, ir::ValueId v, ir::ValueId x, double scale);

bool near(double a, double b, double relative = 1e-4);
// How far a number of a formula may be off when it is written in elements of `type`.
double roundingOf(DataType type);

// The root's tensor under an equivalent formula has the dims and type of x; `what` for the log.
ir::Outcome replaceRootByUnary(ir::Edit& e, PointwiseFn fn, ir::ValueId x, float alpha, float beta,
                               const char* what);

}  // namespace bireme::passes
