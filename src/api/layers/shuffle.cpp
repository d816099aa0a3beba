// SPDX-License-Identifier: Apache-2.0
#include "ops/shuffle.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static int inputRank(const Layer& l) {
    return l.network.rank(l.network.graph.node(l.node).inputs[0]);
}

// Rank between the two transposes.
static int reshapedRank(const ops::Shuffle& op, const Layer& l) {
    const auto& inputs = l.network.graph.node(l.node).inputs;
    if (inputs.size() > 1 && inputs[1] != bireme::ir::kNoValue) {
        const auto& shape = l.network.desc(inputs[1]);
        require(shape.rank() == 1 && shape.dims[0].isStatic(), "layer \"", l.name,
                "\": input 1 is ", shape.text(), ", not a list of known length");
        return static_cast<int>(shape.dims[0].value());
    }
    return op.reshapes ? static_cast<int>(op.reshape.size()) : inputRank(l);
}

// An order of all dimensions as one of those that are shown.
static Permutation shown(std::vector<int64_t> order, int hidden) {
    if (hidden > 0 && !order.empty()) order.erase(order.begin());
    for (int64_t& i : order) i -= hidden;
    return api::toPermutation(order);
}

void IShuffleLayer::setFirstTranspose(Permutation permutation) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op, Layer& l) {
        const int hidden = l.network.hidden();
        op.firstTranspose =
            api::permutationBehindBatch(api::toVector(permutation, inputRank(l) - hidden), hidden);
    });
}

Permutation IShuffleLayer::getFirstTranspose() const noexcept {
    return shown(read<ops::Shuffle>(*this).firstTranspose, impl_->network.hidden());
}

void IShuffleLayer::setReshapeDimensions(Dims const& dimensions) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op, Layer& l) {
        std::vector<int64_t> shape = api::toVector(dimensions, "the reshape dimensions");
        int open = 0;
        for (int64_t d : shape) {
            require(d >= -1, "the reshape dimensions have an extent ", d);
            open += d == -1;
        }
        require(open <= 1, "the reshape dimensions have ", open,
                " extents of -1, at most one is allowed");
        // A 0 copies; where it does not, the batch is what is left.
        op.reshape =
            api::behindBatch(std::move(shape), l.network.hidden(), op.zeroIsPlaceholder ? 0 : -1);
        op.reshapes = true;
        api::dropInput(l, 1);
    });
}

Dims IShuffleLayer::getReshapeDimensions() const noexcept {
    const auto& op = read<ops::Shuffle>(*this);
    return op.reshapes && !api::hasInput(*this, 1)
               ? api::publicDims(op.reshape, impl_->network.hidden())
               : api::kNoDims;
}

void IShuffleLayer::setSecondTranspose(Permutation permutation) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op, Layer& l) {
        const int hidden = l.network.hidden();
        op.secondTranspose = api::permutationBehindBatch(
            api::toVector(permutation, reshapedRank(op, l) - hidden), hidden);
    });
}

Permutation IShuffleLayer::getSecondTranspose() const noexcept {
    return shown(read<ops::Shuffle>(*this).secondTranspose, impl_->network.hidden());
}

void IShuffleLayer::setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op) { op.zeroIsPlaceholder = zeroIsPlaceholder; });
}

bool IShuffleLayer::getZeroIsPlaceholder() const noexcept {
    return read<ops::Shuffle>(*this).zeroIsPlaceholder;
}

IShuffleLayer* INetworkDefinition::addShuffle(ITensor& input) noexcept {
    return add<IShuffleLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kSHUFFLE, Op::of(ops::Shuffle{}), {n.value(&input)});
    });
}

}  // namespace nvinfer1
