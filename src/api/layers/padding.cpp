// SPDX-License-Identifier: Apache-2.0
#include "ops/padding.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static std::vector<int64_t> checkedPadding(Dims const& padding) {
    std::vector<int64_t> values = api::toVector(padding, "the padding");
    require(values.size() == 2, "the padding has ", values.size(),
            " values, not 2 (height, width)");
    return values;
}

void IPaddingLayer::setPrePaddingNd(Dims const& padding) noexcept {
    edit<ops::Padding>(*this, [&](ops::Padding& op) { op.pre = checkedPadding(padding); });
}

Dims IPaddingLayer::getPrePaddingNd() const noexcept {
    return api::publicDims(read<ops::Padding>(*this).pre);
}

void IPaddingLayer::setPostPaddingNd(Dims const& padding) noexcept {
    edit<ops::Padding>(*this, [&](ops::Padding& op) { op.post = checkedPadding(padding); });
}

Dims IPaddingLayer::getPostPaddingNd() const noexcept {
    return api::publicDims(read<ops::Padding>(*this).post);
}

IPaddingLayer* INetworkDefinition::addPaddingNd(ITensor& input, Dims const& prePadding,
                                                Dims const& postPadding) noexcept {
    return add<IPaddingLayer>(*impl_, [&](Network& n) -> Layer& {
        ops::Padding op{checkedPadding(prePadding), checkedPadding(postPadding)};
        return n.addLayer(LayerType::kPADDING, Op::of(op), {n.value(&input)});
    });
}

}  // namespace nvinfer1
