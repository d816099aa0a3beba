// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/gather.h"
#include "ops/pointwise.h"
#include "passes/rules.h"
#include "passes/support/channels.h"
#include "passes/support/weights.h"

#include <map>
#include <unordered_map>

namespace bireme::passes {

namespace {

constexpr size_t kMaxPieces = 32;  // that one convolution's input is joined of
// Layers between a shuffle and its convolution, and from a tensor to the readers of its order.
constexpr size_t kMaxBetween = 16, kMaxDepth = 256;

const ops::Convolution* convolutionAt(const ir::Node& n) { return n.op.as<ops::Convolution>(); }

bool isDepthwise(Edit& e, const ir::Node& n) {
    const auto* conv = convolutionAt(n);
    if (!conv) return false;
    const Dim& in = e.desc(n.inputs[0]).dims[1];
    return in.is(conv->groups) && e.desc(n.outputs[0]).dims[1] == in;
}

// Empty where the constants of a convolution can be put into another order.
std::string whyKept(Edit& e, const ir::Node& n) {
    const bool biased = n.inputs.size() > 2 && n.inputs[2] != ir::kNoValue;
    if (biased && !e.isConstant(n.inputs[2])) return "the bias is not constant";
    return whyFixed(e, n.inputs[1]);
}

// Each channel of the result hangs on the same channel of operand 0 alone.
bool keepsChannels(Edit& e, const ir::Node& n) {
    if (isDepthwise(e, n)) return whyKept(e, n).empty();
    return n.op.is<ops::Pointwise>() && n.inputs.size() == 1;
}

// Does nobody need a value's channels in their order? Its readers, through slices, concats and
// shuffles of channels, are convolutions whose weights can be put into another order.
class Orderless {
public:
    explicit Orderless(Edit& e) : e_(e) {}
    bool operator()(ir::ValueId v) {
        const auto [known, fresh] = known_.try_emplace(v, true);
        if (!fresh) return known->second;
        bool all = ir::isInternal(e_.graph(), v) && depth_ < kMaxDepth;
        ++depth_;
        for (const ir::Use& use : std::vector<ir::Use>(e_.graph().value(v).users))
            all = all && reader(v, use);
        --depth_;
        return known_[v] = all;
    }

private:
    bool reader(ir::ValueId v, const ir::Use& use) {
        const ir::Node& n = e_.graph().node(use.node);
        if (const auto* conv = convolutionAt(n); conv && conv->groups == 1)
            return use.input == 0 && whyKept(e_, n).empty();
        if (use.input == 0 && keepsChannels(e_, n))
            return e_.isSingle(n.outputs[0]) && (*this)(n.outputs[0]);
        if (joinsChannels(e_, n) || (use.input == 0 && sliceOfChannels(e_, n)))
            return (*this)(n.outputs[0]);
        const ir::ValueId end = endOfShuffle(e_, v, n);
        return end != ir::kNoValue && (*this)(end);
    }

    Edit& e_;
    std::unordered_map<ir::ValueId, bool> known_;
    size_t depth_ = 0;
};

// convolution(channels of shuffles of x, y, ..., w) => convolution(concat(slices of x, y, ...), w
// in their order)      layers that keep channels apart may stand between
struct FoldShuffle final : Rule {
    Pattern pattern() const override { return ir::op<ops::Convolution>(); }
    Outcome apply(Edit& e, const Match&) const override {
        if (convolutionAt(e.root())->groups != 1 || e.desc(e.root().inputs[0]).rank() < 3)
            return no("");
        std::vector<ir::NodeId> between;  // the nearest first
        ir::ValueId v = e.root().inputs[0];
        for (const ir::Node* n; between.size() < kMaxBetween && (n = e.producer(v)) &&
                                e.isSingle(v) && keepsChannels(e, *n);
             v = n->inputs[0])
            between.push_back(n->id);
        ChannelSources sources(e);
        const auto& read = sources.of(v);
        if (sources.shuffled().empty()) return no("");
        if (std::string why = whyKept(e, e.root()); !why.empty()) return no(why);
        Orderless orderless(e);
        for (ir::ValueId s : sources.shuffled())
            if (!orderless(s)) return no("the shuffled channels have readers that need the order");
        const auto pieces = piecesOf(read);
        if (pieces.empty()) return no("a channel is read twice");
        if (pieces.size() > kMaxPieces) return no("the channels are too many pieces of others");
        return fold(e, v, between, read, pieces);
    }

private:
    static Outcome fold(Edit& e, ir::ValueId v, const std::vector<ir::NodeId>& between,
                        const std::vector<ChannelSource>& read, const std::vector<Piece>& pieces) {
        std::map<ChannelSource, int64_t> places;  // of the channels as they were read
        for (const ChannelSource& c : read) places.emplace(c, places.size());
        std::vector<int64_t> order;
        for (const auto& [channel, place] : places) order.push_back(place);
        const ir::ValueId from = e.addInts(order);
        ir::ValueId y = joined(e, v, pieces);
        for (auto it = between.rbegin(); it != between.rend(); ++it) {
            std::vector<ir::ValueId> in = e.graph().node(*it).inputs;
            const ir::Op op = e.graph().node(*it).op;
            in[0] = y;
            for (size_t i = 1; i < in.size(); ++i)
                if (in[i] != ir::kNoValue) in[i] = taken(e, in[i], from, 0);
            e.consumes(*it);
            y = e.add(op, in, *it);
        }
        std::vector<ir::ValueId> in = e.root().inputs;
        const ir::Op op = e.root().op;
        in[0] = y, in[1] = taken(e, in[1], from, 1);
        return e.replaceRoot(e.add(op, in), "the order of channels folded into the weights");
    }

    static ir::ValueId taken(Edit& e, ir::ValueId constant, ir::ValueId places, int64_t axis) {
        ops::Gather gather;
        gather.axis = axis;
        return e.add(ir::Op::of(gather), {constant, places});
    }

    static ir::ValueId joined(Edit& e, ir::ValueId v, const std::vector<Piece>& pieces) {
        const ir::NodeId like = e.producer(v)->id;
        std::vector<ir::ValueId> parts;
        for (const Piece& p : pieces) {
            const bool whole = e.desc(p.x).dims[1].is(p.count);
            parts.push_back(whole ? p.x : e.add(ir::Op::of(sliceOfPiece(p)), {p.x}, like));
        }
        if (parts.size() == 1) return parts[0];
        ops::Concat join;
        join.axis = 1;
        return e.add(ir::Op::of(join), parts, like);
    }
};

const FoldShuffle foldShuffle;

}  // namespace

BIREME_PASS(fold_shuffle_into_convolution,
            "convolution(channels of shuffles of x, y, ..., w) => convolution(concat(slices of x, "
            "y, ...), w in their order)") {
    applyRules(run, {&foldShuffle});
}

}  // namespace bireme::passes
