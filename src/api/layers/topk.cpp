// SPDX-License-Identifier: Apache-2.0
#include "ops/topk.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void ITopKLayer::setOperation(TopKOperation op) noexcept {
    edit<ops::TopK>(*this, [&](ops::TopK& o) {
        api::requireEnum(op, "top-k operation");
        o.operation = op;
    });
}

TopKOperation ITopKLayer::getOperation() const noexcept { return read<ops::TopK>(*this).operation; }

void ITopKLayer::setK(int32_t k) noexcept {
    edit<ops::TopK>(*this, [&](ops::TopK& op, Layer& l) {
        require(k > 0, "k is ", k);
        op.k = k;
        api::dropInput(l, 1);
    });
}

int32_t ITopKLayer::getK() const noexcept {
    return api::hasInput(*this, 1) ? 0 : static_cast<int32_t>(read<ops::TopK>(*this).k);
}

void ITopKLayer::setReduceAxes(uint32_t reduceAxes) noexcept {
    edit<ops::TopK>(*this, [&](ops::TopK& op, Layer& l) {
        op.axis = api::axisBehindBatch(api::oneAxis(reduceAxes, "top-k"), l.network.hidden());
    });
}

uint32_t ITopKLayer::getReduceAxes() const noexcept {
    return api::maskOfAxes({read<ops::TopK>(*this).axis}, 0) >> impl_->network.hidden();
}

bool ITopKLayer::setIndicesType(DataType type) noexcept {
    return edit<ops::TopK>(*this, [&](ops::TopK& op) {
        api::requireIndicesType(type);
        op.indicesType = type;
    });
}

DataType ITopKLayer::getIndicesType() const noexcept { return read<ops::TopK>(*this).indicesType; }

ITopKLayer* INetworkDefinition::addTopK(ITensor& input, TopKOperation op, int32_t k,
                                        uint32_t reduceAxes) noexcept {
    return addTopK(input, op, k, reduceAxes, DataType::kINT32);
}

ITopKLayer* INetworkDefinition::addTopK(ITensor& input, TopKOperation op, int32_t k,
                                        uint32_t reduceAxes, DataType indicesType) noexcept {
    return add<ITopKLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(op, "top-k operation");
        api::requireIndicesType(indicesType);
        require(k >= 0, "k is ", k);
        ops::TopK o;
        o.operation = op;
        o.k = k;
        o.axis = api::axisBehindBatch(api::oneAxis(reduceAxes, "top-k"), n.hidden());
        o.indicesType = indicesType;
        return n.addLayer(LayerType::kTOPK, Op::of(o), {n.value(&input)}, 2);
    });
}

}  // namespace nvinfer1
