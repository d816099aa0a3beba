// SPDX-License-Identifier: Apache-2.0
#include "ops/fill.h"

#include "api/layers/layer_prelude.h"

#include <algorithm>

namespace nvinfer1 {

static std::vector<int64_t> checkedShape(Dims const& dims) {
    return api::checkedDims(dims, static_cast<size_t>(std::max(0, dims.nbDims)), 0,
                            "the fill's shape");
}

void IFillLayer::setDimensions(Dims const& dimensions) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op, Layer& l) {
        op.shape = checkedShape(dimensions);
        api::dropInput(l, 0);
    });
}

Dims IFillLayer::getDimensions() const noexcept {
    return api::hasInput(*this, 0) ? api::kNoDims : api::publicDims(read<ops::Fill>(*this).shape);
}

void IFillLayer::setOperation(FillOperation op) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& o) {
        api::requireEnum(op, "fill operation");
        o.operation = op;
    });
}

FillOperation IFillLayer::getOperation() const noexcept { return read<ops::Fill>(*this).operation; }

void IFillLayer::setAlpha(double alpha) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op, Layer& l) {
        op.alpha = alpha;
        op.integral = false;
        api::dropInput(l, 1);
    });
}

double IFillLayer::getAlpha() const noexcept { return read<ops::Fill>(*this).alpha; }

void IFillLayer::setBeta(double beta) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op, Layer& l) {
        op.beta = beta;
        op.integral = false;
        api::dropInput(l, 2);
    });
}

double IFillLayer::getBeta() const noexcept { return read<ops::Fill>(*this).beta; }

void IFillLayer::setAlphaInt64(int64_t alpha) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op, Layer& l) {
        op.alphaInt = alpha;
        op.integral = true;
        api::dropInput(l, 1);
    });
}

int64_t IFillLayer::getAlphaInt64() const noexcept { return read<ops::Fill>(*this).alphaInt; }

void IFillLayer::setBetaInt64(int64_t beta) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op, Layer& l) {
        op.betaInt = beta;
        op.integral = true;
        api::dropInput(l, 2);
    });
}

int64_t IFillLayer::getBetaInt64() const noexcept { return read<ops::Fill>(*this).betaInt; }

bool IFillLayer::isAlphaBetaInt64() const noexcept { return read<ops::Fill>(*this).integral; }

void IFillLayer::setToType(DataType toType) noexcept {
    edit<ops::Fill>(*this, [&](ops::Fill& op) {
        require(bireme::isKnown(toType), "unknown data type ", static_cast<int>(toType));
        op.type = toType;
    });
}

DataType IFillLayer::getToType() const noexcept { return read<ops::Fill>(*this).type; }

IFillLayer* INetworkDefinition::addFill(Dims const& dimensions, FillOperation op) noexcept {
    return addFill(dimensions, op, DataType::kFLOAT);
}

IFillLayer* INetworkDefinition::addFill(Dims const& dimensions, FillOperation op,
                                        DataType outputType) noexcept {
    return add<IFillLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(op, "fill operation");
        require(bireme::isKnown(outputType), "unknown data type ", static_cast<int>(outputType));
        ops::Fill o;
        o.operation = op;
        if (dimensions.nbDims >= 0) o.shape = checkedShape(dimensions);
        o.type = outputType;
        return n.addLayer(LayerType::kFILL, Op::of(o), {});
    });
}

}  // namespace nvinfer1
