// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/convolution_query.h"

#include "backends/cpu/support/factory.h"

namespace bireme::cpu {

tactic::Combination convolutionCombination(const tactic::Query& q) {
    tactic::Combination c = channelsLastCombination(q);
    for (int operand : {1, 2})
        if (int i = q.group().anchorInput(operand); i >= 0)
            c.inputs[static_cast<size_t>(i)].format = Format::linear();
    return c;
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

}  // namespace bireme::cpu
