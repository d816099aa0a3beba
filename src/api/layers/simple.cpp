// SPDX-License-Identifier: Apache-2.0
#include "ops/identity.h"
#include "ops/shape.h"
#include "ops/squeeze.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

IIdentityLayer* INetworkDefinition::addIdentity(ITensor& input) noexcept {
    return add<IIdentityLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kIDENTITY, Op::of(ops::Identity{}), {n.value(&input)});
    });
}

IShapeLayer* INetworkDefinition::addShape(ITensor& input) noexcept {
    return add<IShapeLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kSHAPE, Op::of(ops::Shape{}), {n.value(&input)});
    });
}

ISqueezeLayer* INetworkDefinition::addSqueeze(ITensor& input, ITensor& axes) noexcept {
    return add<ISqueezeLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kSQUEEZE, Op::of(ops::Squeeze{}),
                          {n.value(&input), n.value(&axes)});
    });
}

IUnsqueezeLayer* INetworkDefinition::addUnsqueeze(ITensor& input, ITensor& axes) noexcept {
    return add<IUnsqueezeLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kUNSQUEEZE, Op::of(ops::Unsqueeze{}),
                          {n.value(&input), n.value(&axes)});
    });
}

}  // namespace nvinfer1
