// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/net.h"

#include <algorithm>
#include <utility>

namespace bireme::uff_import {

Dims toDims(const Shape& values) {
    if (values.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal(std::to_string(values.size()) + " dimensions; the most is 8");
    Dims out{};
    out.nbDims = static_cast<int32_t>(values.size());
    for (size_t i = 0; i < values.size(); ++i) out.d[i] = values[i];
    return out;
}

std::string toText(const Shape& dims) {
    std::string out = "[";
    for (size_t i = 0; i < dims.size(); ++i)
        out += (i > 0 ? ", " : "") + (dims[i] < 0 ? std::string("?") : std::to_string(dims[i]));
    return out + "]";
}

Axes identityAxes(size_t rank) {
    Axes axes(rank);
    for (size_t i = 0; i < rank; ++i) axes[i] = static_cast<int>(i);
    return axes;
}

Axes channelsFirst(size_t rank) {
    Axes axes = identityAxes(rank);
    if (rank < 3) return axes;
    for (size_t i = 1; i + 1 < rank; ++i) axes[i] = static_cast<int>(i + 1);
    axes[rank - 1] = 1;
    return axes;
}

bool isIdentity(const Axes& axes) { return axes.empty() || axes == identityAxes(axes.size()); }

Axes without(const Axes& where, uint32_t gone) {
    if (where.empty()) return {};
    const auto isGone = [&](size_t i) { return ((gone >> i) & 1U) != 0; };
    Axes out;
    for (size_t i = 0; i < where.size(); ++i) {
        if (isGone(i)) continue;
        int at = where[i];
        for (size_t g = 0; g < where.size(); ++g) at -= isGone(g) && where[g] < where[i] ? 1 : 0;
        out.push_back(at);
    }
    return isIdentity(out) ? Axes{} : out;
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

Shape Net::dims(const Value& v) {
    if (v.constant != nullptr) return v.constant->dims;
    if (v.flat != nullptr) return v.flat->dims;
    const Dims have = v.tensor->getDimensions();
    if (have.nbDims < 0) failed();
    Shape out(have.d, have.d + have.nbDims);
    if (!v.where.empty())
        for (size_t i = 0; i < out.size(); ++i) out[i] = have.d[v.where[i]];
    return out;
}

DataType Net::type(const Value& v) {
    if (v.constant != nullptr) return v.constant->type;
    if (v.flat != nullptr) return type(v.flat->source);
    return v.tensor->getType();
}

const Constant* Net::known(const Value& v) {
    if (v.constant != nullptr) return v.constant;
    if (v.flat != nullptr) return nullptr;
    const auto [slot, fresh] = known_.try_emplace(v.tensor, nullptr);
    if (!fresh) return slot->second;
    const Weights values = network_.getKnownValues(*v.tensor);
    if (values.count == 0) return nullptr;
    return slot->second = pool_.borrow(values, dims({*v.tensor}));
}

ITensor& Net::constant(const Constant& c) {
    ITensor*& slot = constants_[&c];
    if (slot == nullptr) {
        ILayer* layer = network_.addConstant(toDims(c.dims), c.weights());
        if (layer == nullptr) failed();
        if (!c.name.empty()) layer->setName(c.name.c_str());
        slot = layer->getOutput(0);
    }
    return *slot;
}

ITensor& Net::tensor(const Value& v) {
    if (v.tensor != nullptr) return *v.tensor;
    if (v.constant != nullptr) return constant(*v.constant);
    Flat& flat = *v.flat;
    if (flat.made == nullptr) flat.made = &reshape(logical(flat.source), {0, flat.dims[1]});
    return *flat.made;
}

ITensor& Net::logical(const Value& v) { return arranged(v, identityAxes(rank(v))); }

ITensor& Net::arranged(const Value& v, const Axes& where) {
    const Shape have = dims(v);
    const size_t missing = where.size() - have.size();
    Axes from = v.where.empty() ? identityAxes(have.size()) : v.where;
    for (int& a : from) a += static_cast<int>(missing);
    Axes leading = identityAxes(missing);
    from.insert(from.begin(), leading.begin(), leading.end());
    Axes perm(where.size());
    for (size_t i = 0; i < where.size(); ++i) perm[static_cast<size_t>(where[i])] = from[i];
    if (v.constant != nullptr) {
        const Constant* c = v.constant;
        if (missing > 0) {
            Shape dims(missing, 1);
            dims.insert(dims.end(), have.begin(), have.end());
            c = pool_.reshaped(*c, dims);
        }
        return constant(isIdentity(perm) ? *c : *pool_.transposed(*c, perm));
    }
    ITensor* x = &tensor(v);
    if (missing > 0) {
        Shape axes(missing);
        for (size_t i = 0; i < missing; ++i) axes[i] = static_cast<int64_t>(i);
        x = &unsqueeze(*x, axes);
    }
    return transpose(*x, perm);
}

Axes Net::common(const std::vector<const Value*>& values, size_t rank) {
    for (const Value* v : values)
        if (v->where.size() == rank) return v->where;
    return identityAxes(rank);
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

ITensor& Net::cast(ITensor& x, DataType type) {
    return x.getType() == type ? x : out(made(network_.addCast(x, type)));
}

ITensor& Net::transpose(ITensor& x, const Axes& perm) {
    if (isIdentity(perm)) return x;
    ITensor*& slot = transposed_[{&x, perm}];
    if (slot == nullptr) {
        Permutation order{};
        std::copy(perm.begin(), perm.end(), order.order);
        IShuffleLayer& layer = made(network_.addShuffle(x));
        layer.setFirstTranspose(order);
        slot = &out(layer);
    }
    return *slot;
}

ITensor& Net::integers(const Shape& values) {
    return constant(
        *pool_.integers(DataType::kINT64, {static_cast<int64_t>(values.size())}, values));
}

ITensor& Net::unsqueeze(ITensor& x, const Shape& axes) {
    return axes.empty() ? x : out(made(network_.addUnsqueeze(x, integers(axes))));
}

ITensor& Net::squeeze(ITensor& x, const Shape& axes) {
    return axes.empty() ? x : out(made(network_.addSqueeze(x, integers(axes))));
}

ITensor& Net::reshape(ITensor& x, const Shape& dims) {
    IShuffleLayer& layer = made(network_.addShuffle(x));
    layer.setReshapeDimensions(toDims(dims));
    return out(layer);
}

ITensor& Net::splat(ITensor& like, double value) {
    const Shape ones(static_cast<size_t>(std::max(0, like.getDimensions().nbDims)), 1);
    const DataType type = like.getType();
    const bool real = type == DataType::kFLOAT || type == DataType::kHALF;
    return constant(real ? *pool_.reals(type, ones, {value})
                         : *pool_.integers(type, ones, {static_cast<int64_t>(value)}));
}

ITensor& Net::pad(ITensor& x, const Shape& before, const Shape& after) {
    Shape pads = before;
    pads.insert(pads.end(), after.begin(), after.end());
    if (std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; })) return x;
    OperatorAttribute a;
    a.name = "pads";
    a.kind = OperatorAttribute::Kind::kINTS;
    a.count = static_cast<int32_t>(pads.size());
    a.ints = pads.data();
    ITensor* inputs[] = {&x};
    return out(made(network_.addOperator("pad", &a, 1, inputs, 1)));
}

}  // namespace bireme::uff_import
