// SPDX-License-Identifier: Apache-2.0
#include "tactic/combination.h"

namespace bireme::tactic {

Combination combination(const Query& q, const Format& all) {
    Combination c;
    for (int i = 0; i < q.inputs(); ++i) c.inputs.push_back({q.in(i).type, all});
    for (int i = 0; i < q.outputs(); ++i) c.outputs.push_back({q.out(i).type, all});
    return c;
}

Combination channelsLastCombination(const Query& q, bool constants) {
    Combination c = combination(q);
    const int rank = q.out(0).rank();
    const int data = q.group().anchor() ? q.group().anchorInput(0) : -1;
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).rank() == rank && (constants || i == data || !q.constant(i)))
            c.inputs[static_cast<size_t>(i)].format = Format::channelsLast(rank);
    for (int i = 0; i < q.outputs(); ++i)
        if (q.out(i).rank() == rank)
            c.outputs[static_cast<size_t>(i)].format = Format::channelsLast(rank);
    return c;
}

}  // namespace bireme::tactic
