// SPDX-License-Identifier: Apache-2.0
// A body of pointwise nodes as a list of instructions over numbered values.
#pragma once

#include "base/bytes.h"
#include "ops/pointwise.h"
#include "tactic/factory.h"

#include <array>
#include <vector>

namespace bireme::cpu {

struct Instruction {
    ops::PointwiseFn fn = ops::PointwiseFn::copy;
    DataType type = DataType::kFLOAT;   // of the operands (of the second, for select)
    std::array<int, 3> in{-1, -1, -1};  // values
    float alpha = 0, beta = 0;          // of a cast alpha is 1 where it does not saturate
};

// Values: first the operands (body inputs), then the constants, then one result per instruction.
struct Program {
    struct Operand {
        int input = 0;  // body input
        DataType type = DataType::kFLOAT;
    };
    struct Constant {
        DataType type = DataType::kFLOAT;
        uint64_t bits = 0;  // the element, little-endian
    };
    std::vector<Operand> operands;
    std::vector<Constant> constants;
    std::vector<Instruction> code;
    std::vector<DataType> results;  // of each instruction
    std::vector<int> outputs;       // values

    int firstResult() const { return static_cast<int>(operands.size() + constants.size()); }
    DataType typeOf(int value) const;
    void save(ByteWriter& out) const;
    static Program load(ByteReader& in);
};

// Compiles a pointwise group; inputs that became constants are appended to `consumed`.
tactic::Support compile(const tactic::Query& q, Program& program, std::vector<int>& consumed);

// Types that registers hold: f32, f64, bool, integers of a byte and more. Smaller reals are
// converted to f32 at the edges; integers below a byte are cast and moved alone.
bool isRegisterType(DataType t);

}  // namespace bireme::cpu
