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

void IShuffleLayer::setFirstTranspose(Permutation permutation) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op, Layer& l) {
        op.firstTranspose = api::toVector(permutation, inputRank(l));
    });
}

Permutation IShuffleLayer::getFirstTranspose() const noexcept {
    return api::toPermutation(read<ops::Shuffle>(*this).firstTranspose);
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
        op.reshape = std::move(shape);
        op.reshapes = true;
        api::dropInput(l, 1);
    });
}

Dims IShuffleLayer::getReshapeDimensions() const noexcept {
    const auto& op = read<ops::Shuffle>(*this);
    return op.reshapes && !api::hasInput(*this, 1) ? api::publicDims(op.reshape) : api::kNoDims;
}

void IShuffleLayer::setSecondTranspose(Permutation permutation) noexcept {
    edit<ops::Shuffle>(*this, [&](ops::Shuffle& op, Layer& l) {
        op.secondTranspose = api::toVector(permutation, reshapedRank(op, l));
    });
}

Permutation IShuffleLayer::getSecondTranspose() const noexcept {
    return api::toPermutation(read<ops::Shuffle>(*this).secondTranspose);
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
