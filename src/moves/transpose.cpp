// SPDX-License-Identifier: Apache-2.0
// Transposes: as a copy, and as nothing at all where the layouts of both sides are the transpose.
#include "ops/transpose.h"
#include "moves/ways.h"
#include "tactic/combination.h"

#include <numeric>

namespace bireme::moves {

static std::vector<int64_t> permutationOf(const ops::Transpose& op, size_t rank) {
    if (!op.permutation.empty()) return op.permutation;
    std::vector<int64_t> reversed(rank);
    for (size_t i = 0; i < rank; ++i) reversed[i] = static_cast<int64_t>(rank - 1 - i);
    return reversed;
}

static void layTranspose(const ir::Op& op, const std::vector<int>& operands, Layout& c) {
    const auto& x = c.in(operands[0]);
    auto permutation = permutationOf(*op.as<ops::Transpose>(), x.dims.size());
    auto own = x.format.stridesFor(x.dims);
    std::vector<int64_t> from;
    for (int64_t p : permutation) from.push_back(own[static_cast<size_t>(p)]);
    c.copy(operands[0], c.out().dims, from, x.format.offset,
           c.out().format.stridesFor(c.out().dims), c.out().format.offset);
}

static void transposeFormats(const tactic::Query& q, tactic::FormatList& out) {
    int rank = q.out(0).rank();
    Format last = Format::channelsLast(rank);
    for (bool lastIn : {false, true})
        for (bool lastOut : {false, true}) {
            if (rank < 3 && (lastIn || lastOut)) continue;
            if (lastIn && lastOut) continue;
            out.push_back(tactic::combination(q));
            if (lastIn) out.back().inputs[0].format = last;
            if (lastOut) out.back().outputs[0].format = last;
            out.back().acceptsViews = true;
        }
}

// The input's memory, read in the output's order, is the output: no byte moves.
static void freeFormats(const tactic::Query& q, tactic::FormatList& out) {
    auto permutation =
        permutationOf(*q.group().anchorAs<ops::Transpose>(), static_cast<size_t>(q.out(0).rank()));
    Format read, written;
    read.order.assign(permutation.begin(), permutation.end());
    written.order.resize(permutation.size());
    for (size_t i = 0; i < permutation.size(); ++i)
        written.order[static_cast<size_t>(permutation[i])] = static_cast<int8_t>(i);
    out.push_back(tactic::combination(q));
    out.back().inputs[0].format = read;
    out.back().overwrites = 0;
    out.push_back(tactic::combination(q));
    out.back().outputs[0].format = written;
    out.back().overwrites = 0;
}

std::vector<MoveOp> transposeMoves() {
    return {{"transpose.copy", "transpose", transposeFormats, layTranspose},
            {"transpose.view", "transpose", freeFormats, layTranspose}};
}

}  // namespace bireme::moves
