// SPDX-License-Identifier: Apache-2.0
#include "ops/quantize.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static void requireQuantized(DataType type) {
    switch (type) {
        case DataType::kINT8:
        case DataType::kUINT8:
        case DataType::kINT4:
        case DataType::kUINT4:
        case DataType::kINT16:
        case DataType::kUINT16:
        case DataType::kINT32:
        case DataType::kINT2:
        case DataType::kUINT2:
        case DataType::kFP8:
        case DataType::kFP8_E5M2:
        case DataType::kFP8_FNUZ:
        case DataType::kFP8_E5M2_FNUZ:
        case DataType::kFP4: return;
        default:
            require(false, bireme::isKnown(type) ? bireme::publicName(type) : "this",
                    " is no quantised type");
    }
}

static void requireReal(DataType type) {
    require(bireme::isKnown(type) && bireme::isReal(type),
            "a dequantised tensor is FP32, FP16 or BF16");
}

void IQuantizeLayer::setAxis(int32_t axis) noexcept {
    edit<ops::Quantize>(*this, [&](ops::Quantize& op) { op.axis = axis; });
}

int32_t IQuantizeLayer::getAxis() const noexcept {
    return static_cast<int32_t>(read<ops::Quantize>(*this).axis);
}

void IQuantizeLayer::setToType(DataType toType) noexcept {
    edit<ops::Quantize>(*this, [&](ops::Quantize& op) {
        requireQuantized(toType);
        op.type = toType;
    });
}

DataType IQuantizeLayer::getToType() const noexcept { return read<ops::Quantize>(*this).type; }

IQuantizeLayer* INetworkDefinition::addQuantize(ITensor& input, ITensor& scale) noexcept {
    return addQuantize(input, scale, DataType::kINT8);
}

IQuantizeLayer* INetworkDefinition::addQuantize(ITensor& input, ITensor& scale,
                                                DataType outputType) noexcept {
    return add<IQuantizeLayer>(*impl_, [&](Network& n) -> Layer& {
        requireQuantized(outputType);
        return n.addLayer(LayerType::kQUANTIZE, Op::of(ops::Quantize{-1, outputType}),
                          {n.value(&input), n.value(&scale)});
    });
}

void IDequantizeLayer::setAxis(int32_t axis) noexcept {
    edit<ops::Dequantize>(*this, [&](ops::Dequantize& op) { op.axis = axis; });
}

int32_t IDequantizeLayer::getAxis() const noexcept {
    return static_cast<int32_t>(read<ops::Dequantize>(*this).axis);
}

void IDequantizeLayer::setToType(DataType toType) noexcept {
    edit<ops::Dequantize>(*this, [&](ops::Dequantize& op) {
        requireReal(toType);
        op.type = toType;
    });
}

DataType IDequantizeLayer::getToType() const noexcept { return read<ops::Dequantize>(*this).type; }

IDequantizeLayer* INetworkDefinition::addDequantize(ITensor& input, ITensor& scale) noexcept {
    return addDequantize(input, scale, DataType::kFLOAT);
}

IDequantizeLayer* INetworkDefinition::addDequantize(ITensor& input, ITensor& scale,
                                                    DataType outputType) noexcept {
    return add<IDequantizeLayer>(*impl_, [&](Network& n) -> Layer& {
        requireReal(outputType);
        return n.addLayer(LayerType::kDEQUANTIZE, Op::of(ops::Dequantize{-1, outputType}),
                          {n.value(&input), n.value(&scale)});
    });
}

}  // namespace nvinfer1
