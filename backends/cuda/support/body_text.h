// SPDX-License-Identifier: Apache-2.0
// Pointwise nodes of a group as statements of a kernel.
#pragma once

#include "backends/cuda/support/factory.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace bireme::cuda {

// Values live in registers (float for f32, f16 and bf16; double; i64 for integers and bool);
// rounding to a smaller type happens at casts and where results are stored.
class BodyText {
public:
    explicit BodyText(const tactic::Query& q) : q_(q) {}

    // `expression` of the value's register type is the value from here on.
    void define(ir::ValueId v, std::string expression) { values_[v] = std::move(expression); }
    bool knows(ir::ValueId v) const { return values_.count(v) > 0; }
    const std::string& value(ir::ValueId v) const { return values_.at(v); }
    // Constants with one element become numbers; false when it is none.
    bool defineNumber(ir::ValueId v);
    // Appends the node's statement; its operands are defined already.
    Support add(const ir::Node& node);
    // The value as an element of its own type.
    std::string stored(ir::ValueId v) const;

    const std::string& code() const { return code_; }
    std::string functions() const;  // definitions that the code needs, after math.cuh

private:
    const tactic::Query& q_;
    std::map<ir::ValueId, std::string> values_;
    std::set<int32_t> used_, quick_;  // functions, those for results of 16 bits
    std::string code_;
    int next_ = 0;
};

// Inputs of the body that the pointwise nodes `nodes` read and that no node of them makes; numbers
// are left out, and listed in `consumed` when they are body inputs.
std::vector<ir::ValueId> outsideOperands(const tactic::Query& q,
                                         const std::vector<ir::NodeId>& nodes, BodyText& text,
                                         std::vector<int>& consumed);

}  // namespace bireme::cuda
