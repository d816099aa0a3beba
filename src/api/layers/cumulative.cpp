// SPDX-License-Identifier: Apache-2.0
#include "ops/cumulative.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

bool ICumulativeLayer::setOperation(CumulativeOperation op) noexcept {
    return edit<ops::Cumulative>(*this, [&](ops::Cumulative& o) {
        api::requireEnum(op, "cumulative operation");
        o.operation = op;
    });
}

CumulativeOperation ICumulativeLayer::getOperation() const noexcept {
    return read<ops::Cumulative>(*this).operation;
}

void ICumulativeLayer::setExclusive(bool exclusive) noexcept {
    edit<ops::Cumulative>(*this, [&](ops::Cumulative& op) { op.exclusive = exclusive; });
}

bool ICumulativeLayer::getExclusive() const noexcept {
    return read<ops::Cumulative>(*this).exclusive;
}

void ICumulativeLayer::setReverse(bool reverse) noexcept {
    edit<ops::Cumulative>(*this, [&](ops::Cumulative& op) { op.reverse = reverse; });
}

bool ICumulativeLayer::getReverse() const noexcept { return read<ops::Cumulative>(*this).reverse; }

ICumulativeLayer* INetworkDefinition::addCumulative(ITensor& input, ITensor& axis,
                                                    CumulativeOperation operation, bool exclusive,
                                                    bool reverse) noexcept {
    return add<ICumulativeLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(operation, "cumulative operation");
        ops::Cumulative op{operation, exclusive, reverse};
        return n.addLayer(LayerType::kCUMULATIVE, Op::of(op), {n.value(&input), n.value(&axis)});
    });
}

}  // namespace nvinfer1
