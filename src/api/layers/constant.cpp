// SPDX-License-Identifier: Apache-2.0
#include "ops/constant.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

namespace ir = bireme::ir;

static ir::Value& constantValue(const Layer& l) {
    return l.network.graph.value(l.network.graph.node(l.node).outputs[0]);
}

// Dims and weights of a constant that fit each other; the weights' bytes.
static bireme::Blob checkedBytes(const std::vector<int64_t>& dims, const Weights& weights) {
    api::checkWeights(weights, "constant");
    int64_t volume = 1;
    for (int64_t d : dims) {
        require(d >= 0, "a constant has an extent ", d);
        require(!__builtin_mul_overflow(volume, d, &volume),
                "a constant's volume is beyond 64 bits");
    }
    require(volume == weights.count, "a constant of shape ", bireme::text(bireme::toDims(dims)),
            " needs ", volume, " values, got ", weights.count);
    return bireme::Blob::borrow(weights.values, bireme::bytesFor(weights.type, weights.count));
}

static void setConstant(const ILayer& layer, const std::vector<int64_t>& dims,
                        const Weights& weights) noexcept {
    edit<ops::Constant>(layer, [&](ops::Constant&, Layer& l) {
        bireme::Blob bytes = checkedBytes(dims, weights);
        l.network.setConstant(l.network.graph.node(l.node).outputs[0], weights.type, dims,
                              std::move(bytes));
    });
}

void IConstantLayer::setWeights(Weights weights) noexcept {
    const auto& dims = constantValue(*impl_).desc.dims;
    setConstant(*this, bireme::staticValues(dims), weights);
}

Weights IConstantLayer::getWeights() const noexcept {
    const ir::Value& v = constantValue(*impl_);
    int64_t count = 1;
    for (const auto& d : v.desc.dims) count *= d.value();
    return {v.desc.type, v.constant.data(), count};
}

void IConstantLayer::setDimensions(Dims const& dimensions) noexcept {
    bool inside = dimensions.nbDims >= 0 && dimensions.nbDims <= Dims::MAX_DIMS;
    std::vector<int64_t> dims =
        inside ? std::vector<int64_t>(dimensions.d, dimensions.d + dimensions.nbDims)
               : std::vector<int64_t>{-1};
    setConstant(*this, api::behindBatch(std::move(dims), impl_->network.hidden(), 1), getWeights());
}

Dims IConstantLayer::getDimensions() const noexcept {
    return api::publicDims(constantValue(*impl_).desc.dims, impl_->network.hidden());
}

IConstantLayer* INetworkDefinition::addConstant(Dims const& dimensions, Weights weights) noexcept {
    return add<IConstantLayer>(*impl_, [&](Network& n) -> Layer& {
        std::vector<int64_t> dims =
            api::behindBatch(api::toVector(dimensions, "the constant's shape"), n.hidden(), 1);
        bireme::Blob bytes = checkedBytes(dims, weights);
        Layer& layer = n.addLayer(LayerType::kCONSTANT, Op::of(ops::Constant{}), {});
        n.setConstant(n.graph.node(layer.node).outputs[0], weights.type, dims, std::move(bytes));
        return layer;
    });
}

}  // namespace nvinfer1
