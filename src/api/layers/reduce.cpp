// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IReduceLayer::setOperation(ReduceOperation op) noexcept {
    edit<ops::Reduce>(*this, [&](ops::Reduce& o) {
        api::requireEnum(op, "reduction");
        o.operation = op;
    });
}

ReduceOperation IReduceLayer::getOperation() const noexcept {
    return read<ops::Reduce>(*this).operation;
}

void IReduceLayer::setReduceAxes(uint32_t reduceAxes) noexcept {
    edit<ops::Reduce>(*this, [&](ops::Reduce& op, Layer& l) {
        require(reduceAxes != 0, "a reduction needs at least one axis");
        op.axes = api::axesOfMask(reduceAxes << l.network.hidden());
    });
}

uint32_t IReduceLayer::getReduceAxes() const noexcept {
    return api::maskOfAxes(read<ops::Reduce>(*this).axes, 0) >> impl_->network.hidden();
}

void IReduceLayer::setKeepDimensions(bool keepDimensions) noexcept {
    edit<ops::Reduce>(*this, [&](ops::Reduce& op) { op.keepDims = keepDimensions; });
}

bool IReduceLayer::getKeepDimensions() const noexcept { return read<ops::Reduce>(*this).keepDims; }

IReduceLayer* INetworkDefinition::addReduce(ITensor& input, ReduceOperation operation,
                                            uint32_t reduceAxes, bool keepDimensions) noexcept {
    return add<IReduceLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(operation, "reduction");
        require(reduceAxes != 0, "a reduction needs at least one axis");
        ops::Reduce op;
        op.operation = operation;
        op.axes = api::axesOfMask(reduceAxes << n.hidden());
        op.keepDims = keepDimensions;
        return n.addLayer(LayerType::kREDUCE, Op::of(op), {n.value(&input)});
    });
}

}  // namespace nvinfer1
