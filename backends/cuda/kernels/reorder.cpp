// SPDX-License-Identifier: Apache-2.0
// A change of layout without change of type: what stands between neighbours that disagree.
#include "backends/cuda/support/movement.h"

namespace bireme::cuda {

static Support supportsCopy(const tactic::Query& q) {
    if (!q.in(0).format.inner.empty() || !q.out(0).format.inner.empty())
        return no("blocked formats are not reordered");
    return yes();
}

static void copyFormats(const tactic::Query& q, tactic::FormatList& out) {
    int rank = q.out(0).rank();
    Format plain, last = Format::channelsLast(rank);
    auto add = [&](const Format& from, const Format& to) {
        out.push_back(combination(q));
        out.back().inputs[0].format = from;
        out.back().outputs[0].format = to;
        out.back().acceptsViews = true;
        if (from == to && q.in(0).type == q.out(0).type) out.back().overwrites = 0;
    };
    add(plain, plain);
    if (rank < 3) return;
    add(plain, last);
    add(last, plain);
    add(last, last);
}

static void layCopy(const ir::Op&, const std::vector<int>& operands, MoveContext& c) {
    int x = operands[0];
    c.copy(x, c.out().dims, c.in(x).format.stridesFor(c.in(x).dims), c.in(x).format.offset,
           c.out().format.stridesFor(c.out().dims), c.out().format.offset);
}

void registerKernel_reorder(tactic::Catalog& catalog) {
    catalog.add(moveFactory(
        {"cuda.reorder", "identity", supportsCopy, copyFormats, layCopy, false, {}, {}, true}));
}

}  // namespace bireme::cuda
