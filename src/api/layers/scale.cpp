// SPDX-License-Identifier: Apache-2.0
#include "ops/scale.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static constexpr int kShiftInput = 1, kScaleInput = 2, kPowerInput = 3;

static void setCoefficients(const ILayer& layer, int input, const Weights& weights,
                            const char* role) noexcept {
    edit<ops::Scale>(layer, [&](ops::Scale&, Layer& l) {
        api::setWeights(l, input, weights, {weights.count}, role);
    });
}

void IScaleLayer::setMode(ScaleMode mode) noexcept {
    edit<ops::Scale>(*this, [&](ops::Scale& op) {
        api::requireEnum(mode, "scale mode");
        op.mode = mode;
    });
}

ScaleMode IScaleLayer::getMode() const noexcept { return read<ops::Scale>(*this).mode; }
void IScaleLayer::setShift(Weights shift) noexcept {
    setCoefficients(*this, kShiftInput, shift, "shift");
}
Weights IScaleLayer::getShift() const noexcept { return api::weightsAt(*this, kShiftInput); }
void IScaleLayer::setScale(Weights scale) noexcept {
    setCoefficients(*this, kScaleInput, scale, "scale");
}
Weights IScaleLayer::getScale() const noexcept { return api::weightsAt(*this, kScaleInput); }
void IScaleLayer::setPower(Weights power) noexcept {
    setCoefficients(*this, kPowerInput, power, "power");
}
Weights IScaleLayer::getPower() const noexcept { return api::weightsAt(*this, kPowerInput); }

void IScaleLayer::setChannelAxis(int32_t channelAxis) noexcept {
    edit<ops::Scale>(*this, [&](ops::Scale& op, Layer& l) {
        require(channelAxis >= 0 && channelAxis < Dims::MAX_DIMS, "the channel axis is ",
                channelAxis);
        op.channelAxis = api::axisBehindBatch(channelAxis, l.network.hidden());
    });
}

int32_t IScaleLayer::getChannelAxis() const noexcept {
    int64_t axis = read<ops::Scale>(*this).channelAxis;
    const int hidden = impl_->network.hidden();
    if (axis >= 0) return static_cast<int32_t>(axis) - hidden;
    return guard(impl_->network.reporter, -1, [&] {
        const auto& node = impl_->network.graph.node(impl_->node);
        return static_cast<int32_t>(
                   api::channelLikeAxis(impl_->network, impl_->network.rank(node.inputs[0]))) -
               hidden;
    });
}

static Layer& addScaleLayer(Network& n, ITensor& input, ScaleMode mode, const Weights& shift,
                            const Weights& scale, const Weights& power, int64_t axis) {
    api::requireEnum(mode, "scale mode");
    api::checkWeights(shift, "shift");
    api::checkWeights(scale, "scale");
    api::checkWeights(power, "power");
    Layer& layer = n.addLayer(
        LayerType::kSCALE, Op::of(ops::Scale{mode, axis}),
        {n.value(&input), bireme::ir::kNoValue, bireme::ir::kNoValue, bireme::ir::kNoValue});
    api::setWeights(layer, kShiftInput, shift, {shift.count}, "shift");
    api::setWeights(layer, kScaleInput, scale, {scale.count}, "scale");
    api::setWeights(layer, kPowerInput, power, {power.count}, "power");
    return layer;
}

IScaleLayer* INetworkDefinition::addScale(ITensor& input, ScaleMode mode, Weights shift,
                                          Weights scale, Weights power) noexcept {
    return add<IScaleLayer>(*impl_, [&](Network& n) -> Layer& {
        return addScaleLayer(n, input, mode, shift, scale, power, -1);
    });
}

IScaleLayer* INetworkDefinition::addScaleNd(ITensor& input, ScaleMode mode, Weights shift,
                                            Weights scale, Weights power,
                                            int32_t channelAxis) noexcept {
    return add<IScaleLayer>(*impl_, [&](Network& n) -> Layer& {
        require(channelAxis >= 0 && channelAxis < Dims::MAX_DIMS, "the channel axis is ",
                channelAxis);
        return addScaleLayer(n, input, mode, shift, scale, power,
                             api::axisBehindBatch(channelAxis, n.hidden()));
    });
}

}  // namespace nvinfer1
