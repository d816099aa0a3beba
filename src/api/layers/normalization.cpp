// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static Layer& addNormalizationLayer(Network& n, ITensor& input, ITensor& scale, ITensor& bias,
                                    uint32_t axes, bool v2) {
    require(axes != 0, "a normalization needs at least one axis");
    ops::Normalization op;
    op.axes = api::axesOfMask(axes);
    op.v2 = v2;
    return n.addLayer(LayerType::kNORMALIZATION, Op::of(op),
                      {n.value(&input), n.value(&scale), n.value(&bias)});
}

void INormalizationLayer::setEpsilon(float eps) noexcept {
    edit<ops::Normalization>(*this, [&](ops::Normalization& op) {
        api::requireFinite(eps, "epsilon");
        op.epsilon = eps;
    });
}

float INormalizationLayer::getEpsilon() const noexcept {
    return read<ops::Normalization>(*this).epsilon;
}

void INormalizationLayer::setAxes(uint32_t axesMask) noexcept {
    edit<ops::Normalization>(*this, [&](ops::Normalization& op) {
        require(axesMask != 0, "a normalization needs at least one axis");
        op.axes = api::axesOfMask(axesMask);
    });
}

uint32_t INormalizationLayer::getAxes() const noexcept {
    return api::maskOfAxes(read<ops::Normalization>(*this).axes, 0);
}

void INormalizationLayer::setNbGroups(int64_t nbGroups) noexcept {
    edit<ops::Normalization>(*this, [&](ops::Normalization& op) {
        require(nbGroups > 0, "the number of groups is ", nbGroups);
        op.groups = nbGroups;
    });
}

int64_t INormalizationLayer::getNbGroups() const noexcept {
    return read<ops::Normalization>(*this).groups;
}

void INormalizationLayer::setComputePrecision(DataType type) noexcept {
    edit<ops::Normalization>(*this, [&](ops::Normalization& op) {
        require(type == DataType::kFLOAT || type == DataType::kHALF,
                "a normalization computes in FP32 or FP16");
        op.computeType = type;
    });
}

DataType INormalizationLayer::getComputePrecision() const noexcept {
    return read<ops::Normalization>(*this).computeType;
}

bool INormalizationLayer::isV2() const noexcept { return read<ops::Normalization>(*this).v2; }

INormalizationLayer* INetworkDefinition::addNormalization(ITensor& input, ITensor& scale,
                                                          ITensor& bias,
                                                          uint32_t axesMask) noexcept {
    return add<INormalizationLayer>(*impl_, [&](Network& n) -> Layer& {
        return addNormalizationLayer(n, input, scale, bias, axesMask, false);
    });
}

INormalizationLayer* INetworkDefinition::addNormalizationV2(ITensor& input, ITensor& scale,
                                                            ITensor& bias,
                                                            uint32_t axesMask) noexcept {
    return add<INormalizationLayer>(*impl_, [&](Network& n) -> Layer& {
        return addNormalizationLayer(n, input, scale, bias, axesMask, true);
    });
}

}  // namespace nvinfer1
