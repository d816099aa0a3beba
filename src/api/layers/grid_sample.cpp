// SPDX-License-Identifier: Apache-2.0
#include "ops/grid_sample.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IGridSampleLayer::setInterpolationMode(InterpolationMode mode) noexcept {
    edit<ops::GridSample>(*this, [&](ops::GridSample& op) {
        api::requireEnum(mode, "interpolation mode");
        op.mode = mode;
    });
}

InterpolationMode IGridSampleLayer::getInterpolationMode() const noexcept {
    return read<ops::GridSample>(*this).mode;
}

void IGridSampleLayer::setAlignCorners(bool alignCorners) noexcept {
    edit<ops::GridSample>(*this, [&](ops::GridSample& op) { op.alignCorners = alignCorners; });
}

bool IGridSampleLayer::getAlignCorners() const noexcept {
    return read<ops::GridSample>(*this).alignCorners;
}

bool IGridSampleLayer::setSampleMode(SampleMode mode) noexcept {
    return edit<ops::GridSample>(*this, [&](ops::GridSample& op) {
        require(
            mode == SampleMode::kFILL || mode == SampleMode::kCLAMP || mode == SampleMode::kREFLECT,
            "a grid sample fills, clamps or reflects");
        op.outside = mode;
    });
}

SampleMode IGridSampleLayer::getSampleMode() const noexcept {
    return read<ops::GridSample>(*this).outside;
}

IGridSampleLayer* INetworkDefinition::addGridSample(ITensor& input, ITensor& grid) noexcept {
    return add<IGridSampleLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kGRID_SAMPLE, Op::of(ops::GridSample{}),
                          {n.value(&input), n.value(&grid)});
    });
}

}  // namespace nvinfer1
