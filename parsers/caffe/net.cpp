// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/net.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "parsers/caffe/refusal.h"

namespace bireme::caffe_import {

Dims toDims(const Shape& values) {
    if (values.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal(std::to_string(values.size()) + " dimensions; the most is 8");
    Dims out{};
    out.nbDims = static_cast<int32_t>(values.size());
    std::copy(values.begin(), values.end(), out.d);
    return out;
}

Dims filled(size_t rank, int64_t value) { return toDims(Shape(rank, value)); }

std::string toText(const Shape& dims) {
    std::string out = "[";
    for (size_t i = 0; i < dims.size(); ++i)
        out += (i > 0 ? ", " : "") + (dims[i] < 0 ? std::string("?") : std::to_string(dims[i]));
    return out + "]";
}

Attributes& Attributes::add(const char* name, Shape values, bool single) {
    ints_.push_back(std::move(values));
    OperatorAttribute a;
    a.name = name;
    a.kind = single ? OperatorAttribute::Kind::kINT : OperatorAttribute::Kind::kINTS;
    a.count = static_cast<int32_t>(ints_.back().size());
    a.ints = ints_.back().data();
    list_.push_back(a);
    return *this;
}

Attributes& Attributes::add(const char* name, std::vector<float> values, bool single) {
    reals_.push_back(std::move(values));
    OperatorAttribute a;
    a.name = name;
    a.kind = single ? OperatorAttribute::Kind::kFLOAT : OperatorAttribute::Kind::kFLOATS;
    a.count = static_cast<int32_t>(reals_.back().size());
    a.floats = reals_.back().data();
    list_.push_back(a);
    return *this;
}

Attributes& Attributes::add(const char* name, const std::string& value) {
    texts_.push_back(value);
    textStarts_.push_back(texts_.back().c_str());
    OperatorAttribute a;
    a.name = name;
    a.kind = OperatorAttribute::Kind::kSTRING;
    a.strings = &textStarts_.back();
    list_.push_back(a);
    return *this;
}

void Net::failed() {
    std::string why = std::exchange(complaint, {});
    throw Refusal(why.empty() ? "the network refused a layer" : why);
}

void Net::note(ILayer* layer) {
    if (layer == nullptr) failed();
    made_.push_back(layer);
}

std::vector<ILayer*> Net::takeMade() { return std::exchange(made_, {}); }

ITensor& Net::out(ILayer& layer, int index) {
    ITensor* tensor = layer.getOutput(index);
    if (tensor == nullptr) throw Refusal("a layer lacks output " + std::to_string(index));
    return *tensor;
}

Shape Net::dims(ITensor& x) {
    const Dims d = x.getDimensions();
    if (d.nbDims < 0) failed();
    return {d.d, d.d + d.nbDims};
}

ITensor& Net::constant(const Shape& dims, const Blob& blob) {
    ITensor*& slot = constants_[{blob.values, dims}];
    if (slot == nullptr) {
        ILayer* layer = network_.addConstant(toDims(dims), blob.weights());
        if (layer == nullptr) failed();
        slot = layer->getOutput(0);
    }
    return *slot;
}

ITensor& Net::splat(size_t rank, float value) {
    return constant(Shape(rank, 1), pool_.copy({value}));
}

ITensor& Net::integers(const Shape& values) {
    ITensor*& slot = integers_[values];
    if (slot == nullptr) {
        // In the pool: the network borrows them after this object is gone.
        const auto n = static_cast<int64_t>(values.size());
        void* stored = pool_.make(2 * n);
        if (n > 0) std::memcpy(stored, values.data(), values.size() * sizeof(int64_t));
        ILayer* layer = network_.addConstant(toDims({n}), Weights{DataType::kINT64, stored, n});
        if (layer == nullptr) failed();
        slot = layer->getOutput(0);
    }
    return *slot;
}

ITensor& Net::unary(ITensor& x, UnaryOperation op) { return out(made(network_.addUnary(x, op))); }

ITensor& Net::activation(ITensor& x, ActivationType type, float alpha, float beta) {
    IActivationLayer& layer = made(network_.addActivation(x, type));
    layer.setAlpha(alpha);
    layer.setBeta(beta);
    return out(layer);
}

ITensor& Net::binary(ITensor& a, ITensor& b, ElementWiseOperation op) {
    return out(made(network_.addElementWise(a, b, op)));
}

ITensor& Net::binary(ITensor& x, float value, ElementWiseOperation op) {
    return binary(x, splat(dims(x).size(), value), op);
}

ITensor& Net::cast(ITensor& x, DataType type) { return out(made(network_.addCast(x, type))); }

ITensor& Net::identity(ITensor& x) { return out(made(network_.addIdentity(x))); }

ITensor& Net::reduce(ITensor& x, ReduceOperation op, uint32_t axes, bool keep) {
    return out(made(network_.addReduce(x, op, axes, keep)));
}

ITensor& Net::transpose(ITensor& x, const Shape& perm) {
    Permutation order{};
    for (size_t i = 0; i < perm.size(); ++i) order.order[i] = static_cast<int32_t>(perm[i]);
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setFirstTranspose(order);
    return out(layer);
}

ITensor& Net::unsqueeze(ITensor& x, const Shape& axes) {
    return axes.empty() ? x : out(made(network_.addUnsqueeze(x, integers(axes))));
}

ITensor& Net::concat(const std::vector<ITensor*>& inputs, int axis) {
    IConcatenationLayer& layer =
        made(network_.addConcatenation(inputs.data(), static_cast<int32_t>(inputs.size())));
    layer.setAxis(axis);
    return out(layer);
}

ITensor& Net::reshape(ITensor& x, const Shape& dims) {
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setReshapeDimensions(toDims(dims));
    return out(layer);
}

ITensor& Net::slice(ITensor& x, const Shape& axes, const Shape& start, const Shape& size,
                    const Shape& stride) {
    ISliceLayer& layer = made(network_.addSlice(
        x, toDims(start), toDims(size), stride.empty() ? filled(axes.size(), 1) : toDims(stride)));
    layer.setAxes(toDims(axes));
    return out(layer);
}

ITensor& Net::power(ITensor& x, float scale, float shift, float exponent) {
    const auto one = [&](float value, float neutral) {
        return value == neutral ? Weights{DataType::kFLOAT, nullptr, 0}
                                : pool_.copy({value}).weights();
    };
    return out(made(network_.addScaleNd(x, ScaleMode::kUNIFORM, one(shift, 0), one(scale, 1),
                                        one(exponent, 1), 0)));
}

ILayer& Net::op(const char* name, const Attributes& attributes, const std::vector<ITensor*>& inputs,
                int outputs) {
    const auto& list = attributes.list();
    return made(network_.addOperator(name, list.data(), static_cast<int32_t>(list.size()),
                                     inputs.data(), static_cast<int32_t>(inputs.size()), outputs));
}

}  // namespace bireme::caffe_import
