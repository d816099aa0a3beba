// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include "api/layers/layer_prelude.h"

#include <algorithm>

namespace nvinfer1 {

void IResizeLayer::setOutputDimensions(Dims const& dimensions) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op, Layer& l) {
        require(l.network.hidden() == 0,
                "with an implicit batch a resize takes scales, not output dimensions");
        op.dims = api::checkedDims(dimensions, static_cast<size_t>(std::max(0, dimensions.nbDims)),
                                   0, "the output dimensions");
        api::dropInput(l, 1);
    });
}

Dims IResizeLayer::getOutputDimensions() const noexcept {
    const auto& dims = read<ops::Resize>(*this).dims;
    return dims.empty() || api::hasInput(*this, 1) ? api::kNoDims : api::publicDims(dims);
}

void IResizeLayer::setScales(float const* scales, int32_t nbScales) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op, Layer& l) {
        require(scales && nbScales > 0 && nbScales <= Dims::MAX_DIMS, "a resize takes 1 to ",
                Dims::MAX_DIMS, " scales, not ", nbScales);
        for (int32_t i = 0; i < nbScales; ++i) {
            api::requireFinite(scales[i], "a scale");
            require(scales[i] > 0, "a scale is ", scales[i]);
        }
        op.scales.assign(static_cast<size_t>(l.network.hidden()), 1.f);
        op.scales.insert(op.scales.end(), scales, scales + nbScales);
        op.dims.clear();
        api::dropInput(l, 1);
    });
}

int32_t IResizeLayer::getScales(int32_t size, float* scales) const noexcept {
    const auto& have = read<ops::Resize>(*this).scales;
    if (have.empty()) return -1;
    const int hidden = impl_->network.hidden();
    auto count = static_cast<int32_t>(have.size()) - hidden;
    if (scales) std::copy_n(have.begin() + hidden, std::clamp(size, 0, count), scales);
    return count;
}

void IResizeLayer::setResizeMode(InterpolationMode interpolationMode) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) {
        api::requireEnum(interpolationMode, "interpolation mode");
        op.mode = interpolationMode;
    });
}

InterpolationMode IResizeLayer::getResizeMode() const noexcept {
    return read<ops::Resize>(*this).mode;
}

void IResizeLayer::setCoordinateTransformation(
    ResizeCoordinateTransformation coordTransform) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) {
        api::requireEnum(coordTransform, "coordinate transformation");
        op.coordinates = coordTransform;
    });
}

ResizeCoordinateTransformation IResizeLayer::getCoordinateTransformation() const noexcept {
    return read<ops::Resize>(*this).coordinates;
}

void IResizeLayer::setSelectorForSinglePixel(ResizeSelector selector) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) {
        api::requireEnum(selector, "resize selector");
        op.selector = selector;
    });
}

ResizeSelector IResizeLayer::getSelectorForSinglePixel() const noexcept {
    return read<ops::Resize>(*this).selector;
}

void IResizeLayer::setNearestRounding(ResizeRoundMode value) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) {
        api::requireEnum(value, "rounding mode");
        op.rounding = value;
    });
}

ResizeRoundMode IResizeLayer::getNearestRounding() const noexcept {
    return read<ops::Resize>(*this).rounding;
}

void IResizeLayer::setCubicCoeff(float A) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) {
        api::requireFinite(A, "the cubic coefficient");
        op.cubicCoefficient = A;
    });
}

float IResizeLayer::getCubicCoeff() const noexcept {
    return read<ops::Resize>(*this).cubicCoefficient;
}

void IResizeLayer::setExcludeOutside(bool excludeFlag) noexcept {
    edit<ops::Resize>(*this, [&](ops::Resize& op) { op.excludeOutside = excludeFlag; });
}

bool IResizeLayer::getExcludeOutside() const noexcept {
    return read<ops::Resize>(*this).excludeOutside;
}

IResizeLayer* INetworkDefinition::addResize(ITensor& input) noexcept {
    return add<IResizeLayer>(*impl_, [&](Network& n) -> Layer& {
        return n.addLayer(LayerType::kRESIZE, Op::of(ops::Resize{}), {n.value(&input)});
    });
}

}  // namespace nvinfer1
