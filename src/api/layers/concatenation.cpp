// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IConcatenationLayer::setAxis(int32_t axis) noexcept {
    edit<ops::Concat>(*this, [&](ops::Concat& op, Layer& l) {
        require(axis >= 0 && axis < Dims::MAX_DIMS, "the concatenation axis is ", axis);
        op.axis = api::axisBehindBatch(axis, l.network.hidden());
    });
}

int32_t IConcatenationLayer::getAxis() const noexcept {
    return static_cast<int32_t>(read<ops::Concat>(*this).axis) - impl_->network.hidden();
}

IConcatenationLayer* INetworkDefinition::addConcatenation(ITensor* const* inputs,
                                                          int32_t nbInputs) noexcept {
    return add<IConcatenationLayer>(*impl_, [&](Network& n) -> Layer& {
        require(inputs && nbInputs > 0, "a concatenation has no inputs");
        std::vector<bireme::ir::ValueId> values;
        for (int32_t i = 0; i < nbInputs; ++i) values.push_back(n.value(inputs[i]));
        ops::Concat op;
        op.axis = api::channelLikeAxis(n, n.rank(values[0]));
        return n.addLayer(LayerType::kCONCATENATION, Op::of(op), std::move(values));
    });
}

}  // namespace nvinfer1
