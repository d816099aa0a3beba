// SPDX-License-Identifier: Apache-2.0
#include "ops/assertion.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IAssertionLayer::setMessage(char const* message) noexcept {
    edit<ops::Assertion>(*this, [&](ops::Assertion& op, Layer& l) {
        require(message, "the message is null");
        l.text = op.message = message;
    });
}

char const* IAssertionLayer::getMessage() const noexcept { return impl_->text.c_str(); }

IAssertionLayer* INetworkDefinition::addAssertion(ITensor& condition,
                                                  char const* message) noexcept {
    return add<IAssertionLayer>(*impl_, [&](Network& n) -> Layer& {
        require(message, "the message is null");
        Layer& layer = n.addLayer(LayerType::kASSERTION, Op::of(ops::Assertion{message}),
                                  {n.value(&condition)}, 0);
        layer.text = message;
        return layer;
    });
}

}  // namespace nvinfer1
