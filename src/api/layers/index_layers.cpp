// SPDX-License-Identifier: Apache-2.0
#include "ops/non_zero.h"
#include "ops/one_hot.h"
#include "ops/reverse_sequence.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IOneHotLayer::setAxis(int32_t axis) noexcept {
    edit<ops::OneHot>(*this, [&](ops::OneHot& op) { op.axis = axis; });
}

int32_t IOneHotLayer::getAxis() const noexcept {
    return static_cast<int32_t>(read<ops::OneHot>(*this).axis);
}

IOneHotLayer* INetworkDefinition::addOneHot(ITensor& indices, ITensor& values, ITensor& depth,
                                            int32_t axis) noexcept {
    return add<IOneHotLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kONE_HOT, Op::of(ops::OneHot{axis}),
                          {n.value(&indices), n.value(&values), n.value(&depth)});
    });
}

bool INonZeroLayer::setIndicesType(DataType type) noexcept {
    return edit<ops::NonZero>(*this, [&](ops::NonZero& op) {
        api::requireIndicesType(type);
        op.indicesType = type;
    });
}

DataType INonZeroLayer::getIndicesType() const noexcept {
    return read<ops::NonZero>(*this).indicesType;
}

INonZeroLayer* INetworkDefinition::addNonZero(ITensor& input) noexcept {
    return addNonZero(input, DataType::kINT32);
}

INonZeroLayer* INetworkDefinition::addNonZero(ITensor& input, DataType indicesType) noexcept {
    return add<INonZeroLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireIndicesType(indicesType);
        return n.addLayer(LayerType::kNON_ZERO, Op::of(ops::NonZero{indicesType}),
                          {n.value(&input)});
    });
}

void IReverseSequenceLayer::setBatchAxis(int32_t batchAxis) noexcept {
    edit<ops::ReverseSequence>(*this, [&](ops::ReverseSequence& op) { op.batchAxis = batchAxis; });
}

int32_t IReverseSequenceLayer::getBatchAxis() const noexcept {
    return static_cast<int32_t>(read<ops::ReverseSequence>(*this).batchAxis);
}

void IReverseSequenceLayer::setSequenceAxis(int32_t sequenceAxis) noexcept {
    edit<ops::ReverseSequence>(*this,
                               [&](ops::ReverseSequence& op) { op.sequenceAxis = sequenceAxis; });
}

int32_t IReverseSequenceLayer::getSequenceAxis() const noexcept {
    return static_cast<int32_t>(read<ops::ReverseSequence>(*this).sequenceAxis);
}

IReverseSequenceLayer* INetworkDefinition::addReverseSequence(ITensor& input,
                                                              ITensor& sequenceLens) noexcept {
    return add<IReverseSequenceLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kREVERSE_SEQUENCE, Op::of(ops::ReverseSequence{}),
                          {n.value(&input), n.value(&sequenceLens)});
    });
}

}  // namespace nvinfer1
