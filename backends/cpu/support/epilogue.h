// SPDX-License-Identifier: Apache-2.0
// The chain of pointwise functions after an anchor, in a form that is saved with a kernel.
#pragma once

#include "base/bytes.h"
#include "ops/pointwise.h"
#include "tactic/factory.h"

#include <string>
#include <vector>

namespace bireme::cpu {

struct EpilogueStep {
    ops::PointwiseFn fn = ops::PointwiseFn::copy;
    float alpha = 0, beta = 0;
    int through = 0;         // which operand is the running value
    int other = -1;          // body input that is the other operand, or -1
    bool hasScalar = false;  // the other operand is the number `scalar`
    float scalar = 0;
    bool unary() const { return other < 0 && !hasScalar; }
};

struct Epilogue {
    std::vector<EpilogueStep> steps;
    void save(ByteWriter& out) const;
    static Epilogue load(ByteReader& in);
};

// Reads one function of one or two operands; `consumed` gets the input that became a number.
tactic::Support readStep(const tactic::Query& q, const ir::EpilogueTerm& term, EpilogueStep& out,
                         std::vector<int>* consumed);
// Reads the chain after the lone anchor; all in the type of the output. `consumed` gets the inputs
// that became numbers.
tactic::Support readEpilogue(const tactic::Query& q, Epilogue& out,
                             std::vector<int>* consumed = nullptr);

// The one element of a constant, if it has one element and is known; body input `i`.
bool splatOf(const tactic::Query& q, int i, float& value);

// Constant bytes of any value of the body: an input whose bytes are known, or a constant inside.
const Blob* constantOf(const tactic::Query& q, ir::ValueId v);

// Whether tensors of `dims`, broadcast to `to`, have one value per element of dim `axis`.
bool isPerChannel(const DimVector& dims, const DimVector& to, int axis);

}  // namespace bireme::cpu
