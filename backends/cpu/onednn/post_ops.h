// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/support/epilogue.h"

namespace bireme::cpu {

// Whether every step is one or two post-ops of the library; a reason otherwise. Slopes of a PReLU
// lie along dim `channels` of the result, the second that the library sees; -1: none has.
tactic::Support postOpsSupport(const tactic::Query& q, const Epilogue& e, int channels = -1);
bool hasSlopes(const Epilogue& e);  // that are tensors

// How the library sees the other operand of step `index`: a desc of the destination's rank.
using OperandDesc = dnnl::memory::desc (*)(const void* context, const EpilogueStep& step);

// A chain as the library's post-ops, with the arguments that it adds to the primitive.
class PostOps {
public:
    // `sumInput` >= 0: that input lies in the destination's own memory, its addition becomes an
    // accumulation.
    PostOps(const Epilogue& e, OperandDesc operandDesc, const void* context, int sumInput = -1);
    const dnnl::primitive_attr& attributes() const { return attributes_; }
    void addArguments(PrimitiveBound& bound) const;

private:
    struct Argument {
        int number;
        int input;
        dnnl::memory::desc have, want;
    };
    dnnl::primitive_attr attributes_;
    std::vector<Argument> arguments_;
};

}  // namespace bireme::cpu
