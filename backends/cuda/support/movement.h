// SPDX-License-Identifier: Apache-2.0
// Kernels that only move elements: a list of strided copies, made per shape by one function per op.
#pragma once

#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/record.h"
#include "backends/cuda/support/strided_copy.h"
#include "device/kernel.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bireme::cuda {

// What a layout function sees: the op's attributes, shapes, and integer inputs that are known.
class MoveContext {
public:
    MoveContext(const std::map<int, std::vector<int64_t>>& lists, const device::Shapes& shapes)
        : lists_(lists), shapes_(shapes) {}
    const device::TensorShape& in(int i) const { return shapes_.inputs[static_cast<size_t>(i)]; }
    const device::TensorShape& out() const { return shapes_.outputs[0]; }
    int inputs() const { return static_cast<int>(shapes_.inputs.size()); }
    // Elements of integer input i of the op (-1: absent); Error when nobody knows them.
    std::vector<int64_t> list(int input, const std::vector<int64_t>& attribute) const;

    // Copies a box: strides in elements, offsets from the buffers' starts.
    void copy(int input, const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
              int64_t fromOffset, const std::vector<int64_t>& to, int64_t toOffset);
    // Per output index along each dim, the input's index, or -1 for the fill element (body input
    // `fill`, or -1: fillBytes).
    void copyByTables(int input, const std::vector<std::vector<int64_t>>& tables, int fill);

    // One copy, or one number repeated (input -1: fillBytes).
    struct Move {
        int input = 0;
        std::vector<int64_t> dims, from, to;
        int64_t fromOffset = 0, toOffset = 0;
    };
    std::vector<Move> moves;
    std::array<uint8_t, 8> fillBytes{};

private:
    const std::map<int, std::vector<int64_t>>& lists_;
    const device::Shapes& shapes_;
};

// One row per op that only moves elements.
struct MoveOp {
    const char* kernel;  // "cuda.concat.copy"
    const char* op;      // "concat"
    // Whether the node's attributes and inputs fit; a reason otherwise.
    Support (*supports)(const tactic::Query& q);
    void (*formats)(const tactic::Query& q, tactic::FormatList& out);
    void (*lay)(const ir::Op& op, const std::vector<int>& operands, MoveContext& c);
    bool alwaysBest = false;
    std::vector<int> lists = {};    // integer operands that `lay` reads
    std::vector<int> ignored = {};  // operands that say what the output's dims say already
    bool changesType = false;       // copies convert
};

std::unique_ptr<tactic::KernelFactory> moveFactory(const MoveOp& op);

// The copies that a context was given, as a step whose result is output 0.
std::unique_ptr<device::Bound> moveBound(const Code& code, const device::Shapes& shapes,
                                         const MoveContext& c);

}  // namespace bireme::cuda
