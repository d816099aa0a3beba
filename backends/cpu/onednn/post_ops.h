// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/onednn/execution.h"
#include "backends/cpu/support/epilogue.h"

namespace bireme::cpu {

// Whether every step is one or two post-ops of the library; a reason otherwise.
tactic::Support postOpsSupport(const Epilogue& e);

// How the library sees the other operand of step `index`: a desc of the destination's rank.
using OperandDesc = dnnl::memory::desc (*)(const void* context, const EpilogueStep& step);

// A chain as the library's post-ops, with the arguments that it adds to the primitive.
class PostOps {
public:
    // `sumInput` >= 0: that input lies in the destination's own memory, its addition becomes an
    // accumulation.
    PostOps(const Epilogue& e, OperandDesc operandDesc, const void* context, int sumInput = -1);
    const dnnl::primitive_attr& attributes() const { return attributes_; }
    void addArguments(Execution& execution) const;

private:
    struct Argument {
        int position;
        int input;
        dnnl::memory::desc desc;
    };
    dnnl::primitive_attr attributes_;
    std::vector<Argument> arguments_;
};

}  // namespace bireme::cpu
