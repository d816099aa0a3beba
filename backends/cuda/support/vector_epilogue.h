// SPDX-License-Identifier: Apache-2.0
// What follows the anchor of a group, as a function of V neighbouring results of one row: for
// kernels whose results lie row by row, or pixel by pixel channels-last.
#pragma once

#include "backends/cuda/support/body_text.h"
#include "device/kernel.h"

#include <string>
#include <vector>

namespace bireme::cuda {

constexpr int kVectorOperands = 6;

// What a kernel with a chain gets. Shape is its own; Matrix is how it is told where the anchor's
// operands lie.
template <typename Shape, typename Matrix = const void*>
struct ChainParameters {
    Matrix input{}, weights{};
    void* output = nullptr;
    const void* operands[kVectorOperands] = {};
    Shape shape;
};
// The same in device code, as struct Parameters.
std::string chainParametersText(const char* matrix = "const void*");

// Fills the result and what the chain reads; with pointers to the anchor's operands those too.
template <typename Parameters>
void placeChain(Parameters& to, const std::vector<int>& operands, const device::Launch& l) {
    to.output = l.outputs[0];
    for (size_t i = 0; i < operands.size(); ++i) to.operands[i] = l.inputs[operands[i]];
}
template <typename Shape>
auto chainPlacer(int input, const std::vector<int>& operands) {
    return [input, operands](ChainParameters<Shape>& to, const device::Launch& l) {
        to.input = l.inputs[input];
        to.weights = l.constants[0];
        placeChain(to, operands, l);
    };
}

struct VectorEpilogue {
    std::string functions;  // definitions that `finish` needs
    // __device__ void finish(const Parameters& p, const float* sum, i64 at, i64 imageChannel,
    // u32 channel): V results of type TY from p.operands into p.output; `at` is the first one's
    // place, `channel` its column, `imageChannel` its place among one value per image and column.
    // The same in two parts: Operands::fetch(p, at, imageChannel, channel), then finish(p, sum,
    // operands, at). fetch is fetchColumn(p, channel), what all rows share, and fetchRow(p, at,
    // imageChannel); finished(sum, operands) are the results alone.
    std::string finish;
    std::vector<int> inputs;  // body inputs that it reads, in the order of p.operands
    int residual = -1;        // one of them that is of the result's size and type, -1: none
};

// `columns`: the dim of the results that lies innermost. A third operand of the anchor is its bias.
Support writeVectorEpilogue(const tactic::Query& q, size_t columns, VectorEpilogue& out,
                            std::vector<int>& consumed);

}  // namespace bireme::cuda
