// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"
#include "ops/scatter.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static void requireAxis(int32_t axis) {
    require(axis >= -Dims::MAX_DIMS && axis < Dims::MAX_DIMS, "the axis is ", axis);
}

void IGatherLayer::setGatherAxis(int32_t axis) noexcept {
    edit<ops::Gather>(*this, [&](ops::Gather& op, Layer& l) {
        requireAxis(axis);
        op.axis = api::axisBehindBatch(axis, l.network.hidden());
    });
}

int32_t IGatherLayer::getGatherAxis() const noexcept {
    int64_t axis = read<ops::Gather>(*this).axis;
    return static_cast<int32_t>(axis < 0 ? axis : axis - impl_->network.hidden());
}

void IGatherLayer::setNbElementWiseDims(int32_t elementWiseDims) noexcept {
    edit<ops::Gather>(*this, [&](ops::Gather& op) {
        require(elementWiseDims >= 0 && elementWiseDims < Dims::MAX_DIMS,
                "the number of elementwise dimensions is ", elementWiseDims);
        op.elementWiseDims = elementWiseDims;
    });
}

int32_t IGatherLayer::getNbElementWiseDims() const noexcept {
    return static_cast<int32_t>(read<ops::Gather>(*this).elementWiseDims);
}

void IGatherLayer::setMode(GatherMode mode) noexcept {
    edit<ops::Gather>(*this, [&](ops::Gather& op) {
        api::requireEnum(mode, "gather mode");
        op.mode = mode;
    });
}

GatherMode IGatherLayer::getMode() const noexcept { return read<ops::Gather>(*this).mode; }

static Layer& addGatherLayer(Network& n, ITensor& data, ITensor& indices, GatherMode mode,
                             int64_t axis) {
    api::requireEnum(mode, "gather mode");
    return n.addLayer(LayerType::kGATHER, Op::of(ops::Gather{axis, mode, 0}),
                      {n.value(&data), n.value(&indices)});
}

IGatherLayer* INetworkDefinition::addGather(ITensor& data, ITensor& indices,
                                            int32_t axis) noexcept {
    return add<IGatherLayer>(*impl_, [&](Network& n) -> Layer& {
        requireAxis(axis);
        require(n.hidden() == 0,
                "a gather needs an explicit batch: create the network with kEXPLICIT_BATCH");
        return addGatherLayer(n, data, indices, GatherMode::kDEFAULT, axis);
    });
}

IGatherLayer* INetworkDefinition::addGatherV2(ITensor& data, ITensor& indices,
                                              GatherMode mode) noexcept {
    return add<IGatherLayer>(
        *impl_, [&](Network& n) -> Layer& { return addGatherLayer(n, data, indices, mode, 0); });
}

void IScatterLayer::setMode(ScatterMode mode) noexcept {
    edit<ops::Scatter>(*this, [&](ops::Scatter& op) {
        api::requireEnum(mode, "scatter mode");
        op.mode = mode;
    });
}

ScatterMode IScatterLayer::getMode() const noexcept { return read<ops::Scatter>(*this).mode; }

void IScatterLayer::setAxis(int32_t axis) noexcept {
    edit<ops::Scatter>(*this, [&](ops::Scatter& op) {
        requireAxis(axis);
        op.axis = axis;
    });
}

int32_t IScatterLayer::getAxis() const noexcept {
    return static_cast<int32_t>(read<ops::Scatter>(*this).axis);
}

IScatterLayer* INetworkDefinition::addScatter(ITensor& data, ITensor& indices, ITensor& updates,
                                              ScatterMode mode) noexcept {
    return add<IScatterLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(mode, "scatter mode");
        ops::Scatter op;
        op.mode = mode;
        return n.addLayer(LayerType::kSCATTER, Op::of(op),
                          {n.value(&data), n.value(&indices), n.value(&updates)});
    });
}

}  // namespace nvinfer1
