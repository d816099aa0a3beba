// SPDX-License-Identifier: Apache-2.0
// Reshape, squeeze, unsqueeze and identity: nothing when memory is shared, else one copy.
#include "moves/ways.h"
#include "tactic/combination.h"

#include <algorithm>

namespace bireme::moves {

// Dims that both sides walk row-major, wherever one of them is not linear in memory.
static void layView(const ir::Op&, const std::vector<int>& operands, Layout& c) {
    const auto &x = c.in(operands[0]), &y = c.out();
    const Format linear;
    if (x.dims == y.dims) {
        c.copy(operands[0], y.dims, x.format.stridesFor(x.dims), x.format.offset,
               y.format.stridesFor(y.dims), y.format.offset);
    } else if (y.format.isLinear()) {
        c.copy(operands[0], x.dims, x.format.stridesFor(x.dims), x.format.offset,
               linear.stridesFor(x.dims), 0);
    } else if (x.format.isLinear()) {
        c.copy(operands[0], y.dims, linear.stridesFor(y.dims), 0, y.format.stridesFor(y.dims),
               y.format.offset);
    } else {
        // Both lie otherwise: every extent but that of the channels is 1, so row-major is what they
        // are.
        c.copy(operands[0], x.dims, linear.stridesFor(x.dims), x.format.offset,
               linear.stridesFor(x.dims), y.format.offset);
    }
}

// Channels-last is row-major when there is nothing behind the channels, or one channel only.
static bool lastIsLinear(const TensorDesc& d) {
    if (d.rank() < 3) return true;
    bool noSpace = true;
    for (int i = 2; i < d.rank(); ++i) noSpace = noSpace && d.dims[static_cast<size_t>(i)].is(1);
    return noSpace || d.dims[1].is(1);
}

static void add(const tactic::Query& q, tactic::FormatList& out, bool lastIn, bool lastOut,
                bool shares) {
    out.push_back(tactic::combination(q));
    int x = q.group().anchorInput(0);
    if (lastIn)
        out.back().inputs[static_cast<size_t>(x)].format = Format::channelsLast(q.in(x).rank());
    if (lastOut) out.back().outputs[0].format = Format::channelsLast(q.out(0).rank());
    if (shares) out.back().overwrites = x;
}

static void viewFormats(const tactic::Query& q, tactic::FormatList& out) {
    int x = q.group().anchorInput(0);
    bool in = q.in(x).rank() >= 3, o = q.out(0).rank() >= 3;
    bool freeIn = in && lastIsLinear(q.in(x)), freeOut = o && lastIsLinear(q.out(0));
    add(q, out, false, false, true);
    if (freeIn) add(q, out, true, false, true);
    if (freeOut) add(q, out, false, true, true);
    if (freeIn && freeOut) add(q, out, true, true, true);
    if (in && o && q.in(x).dims == q.out(0).dims && !(freeIn && freeOut))
        add(q, out, true, true, true);
}

static void reshapeFormats(const tactic::Query& q, tactic::FormatList& out) {
    int x = q.group().anchorInput(0);
    if (q.in(x).rank() >= 3) add(q, out, true, false, false);
    if (q.out(0).rank() >= 3) add(q, out, false, true, false);
    if (out.empty()) add(q, out, false, false, false);
}

std::vector<MoveOp> reshapeMoves() {
    std::vector<MoveOp> all;
    static const char* const names[][3] = {{"reshape", "reshape.view", "reshape.copy"},
                                           {"squeeze", "squeeze.view", "squeeze.copy"},
                                           {"unsqueeze", "unsqueeze.view", "unsqueeze.copy"},
                                           {"identity", "identity.view", "identity.copy"}};
    for (const auto& n : names) {
        all.push_back({n[1], n[0], viewFormats, layView, true, {}, {1}});
        all.push_back({n[2], n[0], reshapeFormats, layView, false, {}, {1}});
    }
    return all;
}

}  // namespace bireme::moves
