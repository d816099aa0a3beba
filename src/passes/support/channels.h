// SPDX-License-Identifier: Apache-2.0
// Channels (dim 1) followed through concats, slices and shuffles to where they are made.
#pragma once

#include "ir/edit.h"
#include "ops/slice.h"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace bireme::passes {

struct ChannelSource {
    ir::ValueId x = ir::kNoValue;
    int64_t channel = 0;
    auto operator<=>(const ChannelSource&) const = default;
};

// Channels of x from `start` on.
struct Piece {
    ir::ValueId x = ir::kNoValue;
    int64_t start = 0, count = 0;
};

bool joinsChannels(ir::Edit& e, const ir::Node& n);

// First channel and step of a slice that takes all of the other dims.
struct ChannelSlice {
    int64_t start = 0, stride = 1;
};
std::optional<ChannelSlice> sliceOfChannels(ir::Edit& e, const ir::Node& n);

// v = reshape(transpose(reshape(x to [N, groups, C / groups, ...]) with groups innermost)) of the
// dims of x.
struct ChannelShuffle {
    ir::ValueId x = ir::kNoValue;
    int64_t groups = 1;
};
std::optional<ChannelShuffle> shuffleAt(ir::Edit& e, ir::ValueId v);
// The shuffle of v that begins with `reshape` and whose inner tensors nobody else reads, or
// kNoValue.
ir::ValueId endOfShuffle(ir::Edit& e, ir::ValueId v, const ir::Node& reshape);

// Where the channels of a value come from: itself where it is no concat, slice or shuffle, and
// where these are too many to follow.
class ChannelSources {
public:
    explicit ChannelSources(ir::Edit& e) : e_(e) {}
    const std::vector<ChannelSource>& of(ir::ValueId v);
    // Results of the shuffles that were met.
    const std::vector<ir::ValueId>& shuffled() const { return shuffled_; }

private:
    std::vector<ChannelSource> follow(ir::ValueId v);
    bool mayFollow(const ir::Node& n) const;

    ir::Edit& e_;
    int depth_ = 0;
    std::unordered_map<ir::ValueId, std::vector<ChannelSource>> known_;
    std::vector<ir::ValueId> shuffled_;
};

// The same channels as few pieces, in the order of the values; none where one occurs twice.
std::vector<Piece> piecesOf(std::vector<ChannelSource> channels);

ops::Slice sliceOfPiece(const Piece& p);

}  // namespace bireme::passes
