// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/net.h"

#include <algorithm>

#include "parsers/common/utf8.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

Dims toDims(const std::vector<int64_t>& values) {
    if (values.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal(ErrorCode::kUNSUPPORTED_NODE_SHAPE,
                      "a list of " + std::to_string(values.size()) + " dimensions; the most is 8");
    Dims out{};
    out.nbDims = static_cast<int32_t>(values.size());
    std::copy(values.begin(), values.end(), out.d);
    return out;
}

Dims filled(int32_t rank, int64_t value) {
    Dims out{};
    out.nbDims = rank;
    std::fill_n(out.d, rank, value);
    return out;
}

std::string toText(const Dims& dims) {
    std::string out = "[";
    for (int32_t i = 0; i < dims.nbDims; ++i) {
        if (i > 0) out += ", ";
        out += dims.d[i] < 0 ? "?" : std::to_string(dims.d[i]);
    }
    return out + "]";
}

void Net::failed() {
    std::string why = std::exchange(complaint, {});
    throw Refusal(ErrorCode::kINVALID_NODE, why.empty() ? "the network refused a layer" : why);
}

void Net::note(ILayer* layer) {
    if (layer == nullptr) failed();
    made_.push_back(layer);
}

std::vector<ILayer*> Net::takeMade() { return std::exchange(made_, {}); }

ITensor& Net::out(ILayer& layer, int index) {
    ITensor* tensor = layer.getOutput(index);
    if (tensor == nullptr)
        throw Refusal(ErrorCode::kINTERNAL_ERROR, "a layer lacks output " + std::to_string(index));
    return *tensor;
}

void Net::requireTensor(const Value& v) {
    if (v.list != nullptr)
        throw Refusal(ErrorCode::kINVALID_NODE,
                      "a sequence or an optional is given where a tensor is expected");
}

Dims Net::dims(const Value& v) {
    requireTensor(v);
    if (v.constant != nullptr) return v.constant->dims;
    const Dims out = v.tensor->getDimensions();
    if (out.nbDims < 0) failed();
    return out;
}

DataType Net::type(const Value& v) {
    requireTensor(v);
    return v.constant != nullptr ? v.constant->type : v.tensor->getType();
}

ITensor& Net::tensor(const Value& v) {
    requireTensor(v);
    return v.tensor != nullptr ? *v.tensor : ranked(v, v.constant->dims.nbDims);
}

ITensor& Net::ranked(const Value& v, int rank) {
    const Dims have = dims(v);
    const int missing = rank - have.nbDims;
    if (v.tensor != nullptr) {
        if (missing <= 0) return *v.tensor;
        std::vector<int64_t> axes(static_cast<size_t>(missing));
        for (int i = 0; i < missing; ++i) axes[static_cast<size_t>(i)] = i;
        return unsqueeze(*v.tensor, axes);
    }
    rank = std::max(rank, have.nbDims);
    ITensor*& slot = constants_[{v.constant, rank}];
    if (slot == nullptr) {
        if (rank > Dims::MAX_DIMS)
            throw Refusal(ErrorCode::kUNSUPPORTED_NODE_SHAPE, "a rank above 8");
        Dims d = filled(rank, 1);
        std::copy_n(have.d, have.nbDims, d.d + (rank - have.nbDims));
        ILayer* layer = network_.addConstant(d, v.constant->weights());
        if (layer == nullptr) failed();
        if (!v.constant->name.empty()) layer->setName(parsers::readable(v.constant->name).c_str());
        slot = layer->getOutput(0);
    }
    return *slot;
}

ITensor& Net::integers(const std::vector<int64_t>& values) {
    ITensor*& slot = integers_[values];
    if (slot == nullptr) slot = &tensor(pool_.makeIntegers({}, values));
    return *slot;
}

const Constant* Net::known(const Value& v) {
    if (v.tensor == nullptr) return v.constant;
    const auto [slot, fresh] = known_.try_emplace(v.tensor, nullptr);
    if (!fresh) return slot->second;
    const Weights values = network_.getKnownValues(*v.tensor);
    if (values.count == 0) return nullptr;
    return slot->second = pool_.borrow(values, dims(v));
}

ITensor& Net::integer(int64_t value, DataType type) {
    return tensor(pool_.makeReals({}, type, Dims{}, {static_cast<double>(value)}));
}

ITensor& Net::splat(DataType type, int rank, double value) {
    return tensor(pool_.makeReals({}, type, filled(rank, 1), {value}));
}

ITensor& Net::splat(const ITensor& like, double value) {
    ITensor& t = const_cast<ITensor&>(like);
    return splat(type(t), rank(t), value);
}

ITensor& Net::unary(ITensor& x, UnaryOperation op) { return out(made(network_.addUnary(x, op))); }

ITensor& Net::activation(ITensor& x, ActivationType type, float alpha, float beta) {
    IActivationLayer& layer = made(network_.addActivation(x, type));
    layer.setAlpha(alpha);
    layer.setBeta(beta);
    return out(layer);
}

ITensor& Net::binary(const Value& a, const Value& b, ElementWiseOperation op) {
    const int r = std::max(rank(a), rank(b));
    return out(made(network_.addElementWise(ranked(a, r), ranked(b, r), op)));
}

ITensor& Net::select(const Value& condition, const Value& a, const Value& b) {
    const int r = std::max({rank(condition), rank(a), rank(b)});
    return out(made(network_.addSelect(ranked(condition, r), ranked(a, r), ranked(b, r))));
}

ITensor& Net::cast(ITensor& x, DataType type) {
    return x.getType() == type ? x : out(made(network_.addCast(x, type)));
}

ITensor& Net::identity(ITensor& x) { return out(made(network_.addIdentity(x))); }

ITensor& Net::reduce(ITensor& x, ReduceOperation op, uint32_t axes, bool keep) {
    return out(made(network_.addReduce(x, op, axes, keep)));
}

ITensor& Net::matmul(ITensor& a, MatrixOperation opA, ITensor& b, MatrixOperation opB) {
    return out(made(network_.addMatrixMultiply(a, opA, b, opB)));
}

ITensor& Net::transpose(ITensor& x, const std::vector<int64_t>& perm) {
    Permutation order{};
    for (size_t i = 0; i < perm.size(); ++i) order.order[i] = static_cast<int32_t>(perm[i]);
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setFirstTranspose(order);
    return out(layer);
}

ITensor& Net::unsqueeze(ITensor& x, const std::vector<int64_t>& axes) {
    if (axes.empty()) return x;
    return out(made(network_.addUnsqueeze(x, integers(axes))));
}

ITensor& Net::squeeze(ITensor& x, const std::vector<int64_t>& axes) {
    if (axes.empty()) return x;
    return out(made(network_.addSqueeze(x, integers(axes))));
}

ITensor& Net::concat(const std::vector<ITensor*>& inputs, int axis) {
    IConcatenationLayer& layer =
        made(network_.addConcatenation(inputs.data(), static_cast<int32_t>(inputs.size())));
    layer.setAxis(axis);
    return out(layer);
}

ITensor& Net::gather(ITensor& data, ITensor& indices, int axis) {
    return out(made(network_.addGather(data, indices, axis)));
}

ITensor& Net::reshape(ITensor& x, const Dims& dims) {
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setReshapeDimensions(dims);
    return out(layer);
}

ITensor& Net::reshape(ITensor& x, const Extents& extents) {
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setZeroIsPlaceholder(false);
    if (allKnown(extents)) {
        layer.setReshapeDimensions(known(extents));
    } else {
        layer.setInput(1, shapeTensor(extents));
    }
    return out(layer);
}

ITensor& Net::slice(ITensor& x, const std::vector<int64_t>& axes, const Extents& start,
                    const Extents& size, const std::vector<int64_t>& stride) {
    const auto n = static_cast<int32_t>(axes.size());
    ISliceLayer& layer = made(network_.addSlice(x, filled(n, 0), filled(n, 0), toDims(stride)));
    layer.setAxes(toDims(axes));
    if (allKnown(start)) {
        layer.setStart(known(start));
    } else {
        layer.setInput(1, shapeTensor(start));
    }
    if (allKnown(size)) {
        layer.setSize(known(size));
    } else {
        layer.setInput(2, shapeTensor(size));
    }
    return out(layer);
}

ILayer& Net::op(const char* name, const OperatorAttributes& attributes,
                const std::vector<ITensor*>& inputs, int outputs) {
    const auto& list = attributes.list();
    return made(network_.addOperator(name, list.data(), static_cast<int32_t>(list.size()),
                                     inputs.data(), static_cast<int32_t>(inputs.size()), outputs));
}

OperatorAttribute& OperatorAttributes::append(const char* name, OperatorAttribute::Kind kind,
                                              size_t count) {
    OperatorAttribute a;
    a.name = name;
    a.kind = kind;
    a.count = static_cast<int32_t>(count);
    list_.push_back(a);
    return list_.back();
}

OperatorAttributes& OperatorAttributes::add(const char* name, int64_t value) {
    ints_.push_back({value});
    append(name, OperatorAttribute::Kind::kINT, 1).ints = ints_.back().data();
    return *this;
}

OperatorAttributes& OperatorAttributes::add(const char* name, float value) {
    floats_.push_back({value});
    append(name, OperatorAttribute::Kind::kFLOAT, 1).floats = floats_.back().data();
    return *this;
}

OperatorAttributes& OperatorAttributes::add(const char* name, const std::vector<int64_t>& values) {
    ints_.push_back(values);
    append(name, OperatorAttribute::Kind::kINTS, values.size()).ints = ints_.back().data();
    return *this;
}

OperatorAttributes& OperatorAttributes::add(const char* name, const std::vector<float>& values) {
    floats_.push_back(values);
    append(name, OperatorAttribute::Kind::kFLOATS, values.size()).floats = floats_.back().data();
    return *this;
}

OperatorAttributes& OperatorAttributes::add(const char* name,
                                            const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) {
        texts_.push_back(value);
        pointers.push_back(texts_.back().c_str());
    }
    textLists_.push_back(std::move(pointers));
    append(name, OperatorAttribute::Kind::kSTRINGS, values.size()).strings =
        textLists_.back().data();
    return *this;
}

OperatorAttributes& OperatorAttributes::add(const char* name, const std::string& value) {
    add(name, std::vector<std::string>{value});
    list_.back().kind = OperatorAttribute::Kind::kSTRING;
    return *this;
}

}  // namespace bireme::onnx_import
