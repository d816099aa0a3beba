// SPDX-License-Identifier: Apache-2.0
#include "ops/pooling.h"

#include "api/layers/kernel_layer.h"
#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IPoolingLayer::setPoolingType(PoolingType type) noexcept {
    edit<ops::Pooling>(*this, [&](ops::Pooling& op) {
        api::requireEnum(type, "pooling type");
        op.type = type;
    });
}

PoolingType IPoolingLayer::getPoolingType() const noexcept {
    return read<ops::Pooling>(*this).type;
}

void IPoolingLayer::setBlendFactor(float blendFactor) noexcept {
    edit<ops::Pooling>(*this, [&](ops::Pooling& op) {
        require(blendFactor >= 0 && blendFactor <= 1, "the blend factor is ", blendFactor,
                ", not 0 to 1");
        op.blend = blendFactor;
    });
}

float IPoolingLayer::getBlendFactor() const noexcept { return read<ops::Pooling>(*this).blend; }

void IPoolingLayer::setAverageCountExcludesPadding(bool exclusive) noexcept {
    edit<ops::Pooling>(*this, [&](ops::Pooling& op) { op.excludePadding = exclusive; });
}

bool IPoolingLayer::getAverageCountExcludesPadding() const noexcept {
    return read<ops::Pooling>(*this).excludePadding;
}

void IPoolingLayer::setWindowSizeNd(Dims const& windowSize) noexcept {
    edit<ops::Pooling>(*this, [&](ops::Pooling& op) {
        op.window = api::checkedDims(windowSize, op.window.size(), 1, "the window");
    });
}

Dims IPoolingLayer::getWindowSizeNd() const noexcept {
    return api::publicDims(read<ops::Pooling>(*this).window);
}

BIREME_WINDOW_ACCESSORS(IPoolingLayer, ops::Pooling, read<ops::Pooling>(*this).window.size())

IPoolingLayer* INetworkDefinition::addPoolingNd(ITensor& input, PoolingType type,
                                                Dims const& windowSize) noexcept {
    return add<IPoolingLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(type, "pooling type");
        require(windowSize.nbDims >= 1 && windowSize.nbDims <= 3, "the window has ",
                windowSize.nbDims, " spatial dimensions, not 1 to 3");
        ops::Pooling op;
        op.type = type;
        op.window =
            api::checkedDims(windowSize, static_cast<size_t>(windowSize.nbDims), 1, "the window");
        return n.addLayer(LayerType::kPOOLING, Op::of(op), {n.value(&input)});
    });
}

}  // namespace nvinfer1
