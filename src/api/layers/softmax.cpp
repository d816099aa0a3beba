// SPDX-License-Identifier: Apache-2.0
#include "ops/softmax.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void ISoftMaxLayer::setAxes(uint32_t axes) noexcept {
    edit<ops::Softmax>(*this, [&](ops::Softmax& op, Layer& l) {
        op.axis = api::axisBehindBatch(api::oneAxis(axes, "softmax"), l.network.hidden());
    });
}

uint32_t ISoftMaxLayer::getAxes() const noexcept {
    return guard(impl_->network.reporter, 0U, [&] {
        const auto& node = impl_->network.graph.node(impl_->node);
        return api::maskOfAxes({read<ops::Softmax>(*this).axis},
                               impl_->network.rank(node.inputs[0])) >>
               impl_->network.hidden();
    });
}

ISoftMaxLayer* INetworkDefinition::addSoftMax(ITensor& input) noexcept {
    return add<ISoftMaxLayer>(*impl_, [&](Network& n) -> Layer& {
        auto x = n.value(&input);
        ops::Softmax op;
        op.axis = api::channelLikeAxis(n, n.rank(x));
        return n.addLayer(LayerType::kSOFTMAX, Op::of(op), {x});
    });
}

}  // namespace nvinfer1
