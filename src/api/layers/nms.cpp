// SPDX-License-Identifier: Apache-2.0
#include "ops/nms.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void INMSLayer::setBoundingBoxFormat(BoundingBoxFormat fmt) noexcept {
    edit<ops::Nms>(*this, [&](ops::Nms& op) {
        api::requireEnum(fmt, "bounding box format");
        op.boxFormat = fmt;
    });
}

BoundingBoxFormat INMSLayer::getBoundingBoxFormat() const noexcept {
    return read<ops::Nms>(*this).boxFormat;
}

void INMSLayer::setTopKBoxLimit(int32_t limit) noexcept {
    edit<ops::Nms>(*this, [&](ops::Nms& op) {
        require(limit > 0, "the box limit is ", limit);
        op.topKBoxLimit = limit;
    });
}

int32_t INMSLayer::getTopKBoxLimit() const noexcept {
    return static_cast<int32_t>(read<ops::Nms>(*this).topKBoxLimit);
}

bool INMSLayer::setIndicesType(DataType type) noexcept {
    return edit<ops::Nms>(*this, [&](ops::Nms& op) {
        api::requireIndicesType(type);
        op.indicesType = type;
    });
}

DataType INMSLayer::getIndicesType() const noexcept { return read<ops::Nms>(*this).indicesType; }

INMSLayer* INetworkDefinition::addNMS(ITensor& boxes, ITensor& scores,
                                      ITensor& maxOutputBoxesPerClass) noexcept {
    return addNMS(boxes, scores, maxOutputBoxesPerClass, DataType::kINT32);
}

INMSLayer* INetworkDefinition::addNMS(ITensor& boxes, ITensor& scores,
                                      ITensor& maxOutputBoxesPerClass,
                                      DataType indicesType) noexcept {
    return add<INMSLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireIndicesType(indicesType);
        ops::Nms op;
        op.indicesType = indicesType;
        return n.addLayer(LayerType::kNMS, Op::of(op),
                          {n.value(&boxes), n.value(&scores), n.value(&maxOutputBoxesPerClass)}, 2);
    });
}

}  // namespace nvinfer1
