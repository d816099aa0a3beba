// SPDX-License-Identifier: Apache-2.0
#include "ir/infer.h"

#include "tensor/convert.h"

namespace bireme::ir {

InferContext::InferContext(const Node& node, std::vector<Input> inputs,
                           std::vector<std::string> outputNames)
    : node_(node),
      inputs_(std::move(inputs)),
      outputNames_(std::move(outputNames)),
      outputs_(outputNames_.size()) {}

const TensorDesc& InferContext::in(int i) const {
    if (!has(i)) bireme::failInvalid(cat("input ", i, " of ", node_.op.name(), " is missing"));
    return inputs_[i].desc;
}

const DimVector* InferContext::known(int i) const {
    return has(i) && inputs_[i].known ? &*inputs_[i].known : nullptr;
}

const Blob* InferContext::constant(int i) const { return has(i) ? inputs_[i].constant : nullptr; }

std::vector<float> InferContext::constantFloats(int i) const {
    const Blob* b = constant(i);
    if (!b) return {};
    std::vector<float> v(static_cast<size_t>(volume(in(i).dims).value()));
    convertElements(in(i).type, b->data(), DataType::kFLOAT, v.data(),
                    static_cast<int64_t>(v.size()));
    return v;
}

void InferContext::setKnown(int output, DimVector elements) {
    if (elements.size() <= kMaxKnown) outputs_[output].known = std::move(elements);
}

Dim InferContext::stepExtent(int output, int index, const Dim& upper) {
    int64_t bound = upper.isStatic() ? upper.value() : INT64_MAX;
    // Named after the value, not its id: the symbol stays the same when the node moves into a
    // group's body.
    std::string name = cat("$", symbolName(outputNames_[output]), ".", index);
    fresh_.push_back({name, SymbolSource::stepExtent, output, index, {0, bound}, upper});
    return Dim::symbol(name);
}

Dim InferContext::hostElement(int input, int index, DimRange range) {
    std::string name = cat("@", symbolName(inputs_[input].name), ".", index);
    fresh_.push_back({name, SymbolSource::hostElement, input, index, range, Dim(range.max)});
    return Dim::symbol(name);
}

int InferContext::axis(int64_t axis, int rank) const {
    require(axis >= -rank && axis < rank, "axis ", axis, " is outside the ", rank,
            " dimensions of the input");
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

DimVector InferContext::broadcastDims(const DimVector& a, const DimVector& b) const {
    const DimVector& longer = a.size() >= b.size() ? a : b;
    const DimVector& shorter = a.size() >= b.size() ? b : a;
    DimVector out = longer;
    size_t shift = longer.size() - shorter.size();
    for (size_t i = 0; i < shorter.size(); ++i) {
        const Dim &x = longer[shift + i], &y = shorter[i];
        require(!x.isStatic() || !y.isStatic() || x == y || x.is(1) || y.is(1), "shapes ",
                bireme::text(a), " and ", bireme::text(b), " cannot be broadcast");
        out[shift + i] = broadcast(x, y);
    }
    return out;
}

void InferContext::requireReal(int input) const {
    require(isReal(in(input).type), node_.op.name(), " takes real numbers, input ", input, " is ",
            name(in(input).type));
}

void InferContext::requireType(int input, DataType type) const {
    require(in(input).type == type, node_.op.name(), " takes ", name(type), " for input ", input,
            ", not ", name(in(input).type));
}

void InferContext::requireSameType(int a, int b) const {
    require(in(a).type == in(b).type, "inputs ", a, " and ", b, " have different types, ",
            name(in(a).type), " and ", name(in(b).type));
}

}  // namespace bireme::ir
