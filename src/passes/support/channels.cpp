// SPDX-License-Identifier: Apache-2.0
#include "passes/support/channels.h"

#include "ops/concat.h"
#include "ops/reshape.h"
#include "passes/support/parts.h"
#include "passes/support/permutation.h"

#include <algorithm>

namespace bireme::passes {

bool joinsChannels(ir::Edit& e, const ir::Node& n) {
    const auto* op = n.op.as<ops::Concat>();
    if (!op) return false;
    const TensorDesc& y = e.desc(n.outputs[0]);
    return (op->axis < 0 ? op->axis + y.rank() : op->axis) == 1 &&
           std::all_of(n.inputs.begin(), n.inputs.end(),
                       [&](ir::ValueId x) { return e.desc(x).dims[1].isStatic(); });
}

std::optional<ChannelSlice> sliceOfChannels(ir::Edit& e, const ir::Node& n) {
    if (!n.op.is<ops::Slice>()) return std::nullopt;
    const DimVector &x = e.desc(n.inputs[0]).dims, &y = e.desc(n.outputs[0]).dims;
    const auto part = x.size() > 1 ? partOf(e, n) : std::nullopt;
    if (!part || !x[1].isStatic() || !y[1].isStatic()) return std::nullopt;
    for (size_t d = 0; d < x.size(); ++d)
        if (d != 1 && (part->start[d] != 0 || part->stride[d] != 1 || !(x[d] == y[d])))
            return std::nullopt;
    return ChannelSlice{part->start[1], part->stride[1]};
}

std::optional<ChannelShuffle> shuffleAt(ir::Edit& e, ir::ValueId v) {
    const ir::Node* join = e.producer(v);
    const ir::Node* turn =
        join && join->op.is<ops::Reshape>() ? e.producer(join->inputs[0]) : nullptr;
    const auto* order = turn ? turn->op.as<ops::Transpose>() : nullptr;
    const ir::Node* split = order ? e.producer(turn->inputs[0]) : nullptr;
    if (!split || !split->op.is<ops::Reshape>()) return std::nullopt;
    const ir::ValueId x = split->inputs[0];
    const DimVector &dims = e.desc(x).dims, &in = e.desc(split->outputs[0]).dims;
    if (dims.size() < 3 || in.size() < 3 || !(e.desc(v).dims == dims)) return std::nullopt;
    std::vector<int64_t> swapped = permutationOf(*order, static_cast<int>(in.size()));
    std::swap(swapped[1], swapped[2]);
    const bool apart = in[0] == dims[0] && in[1].isStatic() && in[2].isStatic() &&
                       dims[1].is(in[1].value() * in[2].value());
    if (!apart || !std::is_sorted(swapped.begin(), swapped.end())) return std::nullopt;
    return ChannelShuffle{x, in[1].value()};
}

ir::ValueId endOfShuffle(ir::Edit& e, ir::ValueId v, const ir::Node& reshape) {
    const ir::Node* n = &reshape;
    for (int inner = 0; inner < 2; ++inner) {
        const bool fits = inner ? n->op.is<ops::Transpose>() : n->op.is<ops::Reshape>();
        if (!fits || !e.isSingle(n->outputs[0])) return ir::kNoValue;
        n = &e.graph().node(e.graph().value(n->outputs[0]).users[0].node);
    }
    const auto shuffle = n->op.is<ops::Reshape>() ? shuffleAt(e, n->outputs[0]) : std::nullopt;
    return shuffle && shuffle->x == v ? n->outputs[0] : ir::kNoValue;
}

const std::vector<ChannelSource>& ChannelSources::of(ir::ValueId v) {
    if (auto known = known_.find(v); known != known_.end()) return known->second;
    ++depth_;
    std::vector<ChannelSource> found = follow(v);
    --depth_;
    return known_.emplace(v, std::move(found)).first->second;
}

bool ChannelSources::mayFollow(const ir::Node& n) const {
    constexpr int kMaxDepth = 64;
    constexpr int64_t kMaxChannels = 1 << 14;
    return depth_ < kMaxDepth && std::all_of(n.inputs.begin(), n.inputs.end(), [&](ir::ValueId x) {
               const DimVector& dims = e_.desc(x).dims;
               return dims.size() < 2 || !dims[1].isStatic() || dims[1].value() <= kMaxChannels;
           });
}

std::vector<ChannelSource> ChannelSources::follow(ir::ValueId v) {
    std::vector<ChannelSource> out;
    const DimVector dims = e_.desc(v).dims;
    if (dims.size() < 3 || !dims[1].isStatic()) return out;
    const auto count = static_cast<size_t>(dims[1].value());
    const ir::Node* n = e_.producer(v);
    if (n && !mayFollow(*n)) n = nullptr;
    if (n && joinsChannels(e_, *n)) {
        for (ir::ValueId x : n->inputs) {
            const auto& part = of(x);
            out.insert(out.end(), part.begin(), part.end());
        }
    } else if (const auto slice = n ? sliceOfChannels(e_, *n) : std::nullopt) {
        const auto& whole = of(n->inputs[0]);
        for (size_t c = 0; c < count; ++c)
            out.push_back(
                whole[static_cast<size_t>(slice->start) + c * static_cast<size_t>(slice->stride)]);
    } else if (const auto shuffle = n ? shuffleAt(e_, v) : std::nullopt) {
        const auto& ordered = of(shuffle->x);
        const auto groups = static_cast<size_t>(shuffle->groups);
        for (size_t c = 0; c < count; ++c)
            out.push_back(ordered[c % groups * (count / groups) + c / groups]);
        shuffled_.push_back(v);
    } else {
        for (size_t c = 0; c < count; ++c) out.push_back({v, static_cast<int64_t>(c)});
    }
    return out;
}

std::vector<Piece> piecesOf(std::vector<ChannelSource> channels) {
    std::sort(channels.begin(), channels.end());
    if (std::adjacent_find(channels.begin(), channels.end()) != channels.end()) return {};
    std::vector<Piece> pieces;
    for (const ChannelSource& c : channels) {
        if (!pieces.empty() && pieces.back().x == c.x &&
            pieces.back().start + pieces.back().count == c.channel)
            ++pieces.back().count;
        else
            pieces.push_back({c.x, c.channel, 1});
    }
    return pieces;
}

ops::Slice sliceOfPiece(const Piece& p) {
    ops::Slice slice;
    slice.start = {p.start}, slice.size = {p.count}, slice.axes = {1};
    return slice;
}

}  // namespace bireme::passes
