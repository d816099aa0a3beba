// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/convolution_query.h"

#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/row_epilogue.h"

namespace bireme::cpu {

tactic::Combination convolutionCombination(const tactic::Query& q) {
    tactic::Combination c = channelsLastCombination(q);
    for (int operand : {1, 2})
        if (int i = q.group().anchorInput(operand); i >= 0)
            c.inputs[static_cast<size_t>(i)].format = Format::linear();
    return c;
}

Support readOperands(const tactic::Query& q, ConvolutionOperands& out) {
    const ir::GroupView& g = q.group();
    out = {g.anchorInput(0), g.anchorInput(1), g.anchorInput(2)};
    if (out.input < 0) return no("the input is computed inside the group");
    if (out.kernel < 0 || !q.constant(out.kernel)) return no("the kernel is not constant");
    const auto& operands = g.anchor()->inputs;
    if (operands.size() > 2 && operands[2] != ir::kNoValue && out.bias < 0)
        return no("the bias is computed inside the group");
    return yes();
}

int takeBias(const tactic::Query& q, Epilogue& epilogue) {
    if (epilogue.steps.empty()) return -1;
    const EpilogueStep& s = epilogue.steps[0];
    if (s.fn != ops::PointwiseFn::sum || s.other < 0 ||
        !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1))
        return -1;
    const int bias = s.other;
    epilogue.steps.erase(epilogue.steps.begin());
    return bias;
}

tactic::Support readRowEpilogue(const tactic::Query& q, Epilogue& epilogue, int& bias,
                                std::vector<int>& consumed) {
    if (tactic::Support s = readEpilogue(q, epilogue, &consumed); !s.ok) return s;
    if (bias < 0) bias = takeBias(q, epilogue);
    return rowEpilogueSupport(q, epilogue);
}

tactic::Support readChannelEpilogue(const tactic::Query& q, Epilogue& epilogue, int& bias,
                                    std::vector<int>& consumed) {
    if (tactic::Support s = readEpilogue(q, epilogue, &consumed); !s.ok) return s;
    if (bias < 0) bias = takeBias(q, epilogue);
    for (const EpilogueStep& s : epilogue.steps)
        if (s.other >= 0 &&
            (s.fn == ops::PointwiseFn::sum || !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1)))
            return tactic::no("an operand of the epilogue is added, or not per channel");
    return rowEpilogueSupport(epilogue);
}

PixelSteps::PixelSteps(const device::TensorShape& t) : offset(t.format.offset) {
    const auto strides = t.format.stridesFor(t.dims);
    image = strides[0], row = strides[2], pixel = strides[3];
}

}  // namespace bireme::cpu
