// SPDX-License-Identifier: Apache-2.0
#include "ops/pointwise.h"

#include "api/layers/layer_prelude.h"

#include "api/layers/pointwise_map.h"

namespace nvinfer1 {

using api::fnOf;

static ops::Pointwise pointwise(ops::PointwiseFn fn) {
    ops::Pointwise op;
    op.fn = fn;
    return op;
}

static void setParameter(const ILayer& layer, float ops::Pointwise::*member, float value,
                         const char* what) noexcept {
    edit<ops::Pointwise>(layer, [&](ops::Pointwise& op) {
        api::requireFinite(value, what);
        op.*member = value;
    });
}

void IActivationLayer::setActivationType(ActivationType type) noexcept {
    edit<ops::Pointwise>(*this, [&](ops::Pointwise& op) { op.fn = fnOf(type); });
}

ActivationType IActivationLayer::getActivationType() const noexcept {
    return api::activationOf(read<ops::Pointwise>(*this).fn);
}

void IActivationLayer::setAlpha(float alpha) noexcept {
    setParameter(*this, &ops::Pointwise::alpha, alpha, "alpha");
}
float IActivationLayer::getAlpha() const noexcept { return read<ops::Pointwise>(*this).alpha; }
void IActivationLayer::setBeta(float beta) noexcept {
    setParameter(*this, &ops::Pointwise::beta, beta, "beta");
}
float IActivationLayer::getBeta() const noexcept { return read<ops::Pointwise>(*this).beta; }

IActivationLayer* INetworkDefinition::addActivation(ITensor& input, ActivationType type) noexcept {
    return add<IActivationLayer>(*impl_, [&](Network& n) -> Layer& {
        ops::Pointwise op = pointwise(fnOf(type));
        if (type == ActivationType::kSWISH) op.alpha = 1;
        return n.addLayer(LayerType::kACTIVATION, Op::of(op), {n.value(&input)});
    });
}

void IUnaryLayer::setOperation(UnaryOperation op) noexcept {
    edit<ops::Pointwise>(*this, [&](ops::Pointwise& o) { o.fn = fnOf(op); });
}

UnaryOperation IUnaryLayer::getOperation() const noexcept {
    return api::unaryOf(read<ops::Pointwise>(*this).fn);
}

IUnaryLayer* INetworkDefinition::addUnary(ITensor& input, UnaryOperation operation) noexcept {
    return add<IUnaryLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kUNARY, Op::of(pointwise(fnOf(operation))), {n.value(&input)});
    });
}

void IElementWiseLayer::setOperation(ElementWiseOperation op) noexcept {
    edit<ops::Pointwise>(*this, [&](ops::Pointwise& o) { o.fn = fnOf(op); });
}

ElementWiseOperation IElementWiseLayer::getOperation() const noexcept {
    return api::elementWiseOf(read<ops::Pointwise>(*this).fn);
}

IElementWiseLayer* INetworkDefinition::addElementWise(ITensor& input1, ITensor& input2,
                                                      ElementWiseOperation op) noexcept {
    return add<IElementWiseLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kELEMENTWISE, Op::of(pointwise(fnOf(op))),
                          {n.value(&input1), n.value(&input2)});
    });
}

IParametricReLULayer* INetworkDefinition::addParametricReLU(ITensor& input,
                                                            ITensor& slope) noexcept {
    return add<IParametricReLULayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kPARAMETRIC_RELU, Op::of(pointwise(ops::PointwiseFn::prelu)),
                          {n.value(&input), n.value(&slope)});
    });
}

ISelectLayer* INetworkDefinition::addSelect(ITensor& condition, ITensor& thenInput,
                                            ITensor& elseInput) noexcept {
    return add<ISelectLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kSELECT, Op::of(pointwise(ops::PointwiseFn::select)),
                          {n.value(&condition), n.value(&thenInput), n.value(&elseInput)});
    });
}

void ICastLayer::setToType(DataType toType) noexcept {
    edit<ops::Pointwise>(*this, [&](ops::Pointwise& op) {
        require(bireme::isKnown(toType), "unknown data type ", static_cast<int>(toType));
        op.to = toType;
    });
}

DataType ICastLayer::getToType() const noexcept { return read<ops::Pointwise>(*this).to; }

ICastLayer* INetworkDefinition::addCast(ITensor& input, DataType toType) noexcept {
    return add<ICastLayer>(*impl_, [&](Network& n) -> Layer& {
        require(bireme::isKnown(toType), "unknown data type ", static_cast<int>(toType));
        ops::Pointwise op = pointwise(ops::PointwiseFn::cast);
        op.to = toType;
        return n.addLayer(LayerType::kCAST, Op::of(op), {n.value(&input)});
    });
}

}  // namespace nvinfer1
