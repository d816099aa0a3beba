// SPDX-License-Identifier: Apache-2.0
#include "bireme/layer.h"

#include "api/access.h"
#include "api/network/network.h"
#include "ops/identity.h"
#include "ops/pointwise.h"
#include "ops/shuffle.h"

using bireme::api::Access;
using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;
namespace ir = bireme::ir;

namespace nvinfer1 {

static ir::Node& nodeOf(api::Layer& l) { return l.network.graph.node(l.node); }

// Inputs that are tensors: constants given as Weights are not seen.
static bool isTensor(const api::Layer& l, const ir::Node& n, size_t i) {
    return n.inputs[i] != ir::kNoValue && !(i < 32 && (l.weightInputs >> i & 1U));
}

ILayer::~ILayer() noexcept = default;

LayerType ILayer::getType() const noexcept { return impl_->type; }

void ILayer::setName(char const* name) noexcept {
    guard(impl_->network.reporter, [&] {
        impl_->name = api::requireName(name, "the layer's name");
        ir::Node& n = nodeOf(*impl_);
        n.name = impl_->name;
        n.origins = {impl_->name};
    });
}

char const* ILayer::getName() const noexcept { return impl_->name.c_str(); }

void ILayer::setMetadata(char const* metadata) noexcept {
    guard(impl_->network.reporter, [&] {
        require(metadata, "the metadata is null");
        nodeOf(*impl_).metadata = impl_->metadata = metadata;
    });
}

char const* ILayer::getMetadata() const noexcept { return impl_->metadata.c_str(); }

int32_t ILayer::getNbInputs() const noexcept {
    const ir::Node& n = nodeOf(*impl_);
    size_t count = n.inputs.size();
    while (count > 0 && !isTensor(*impl_, n, count - 1)) --count;
    return static_cast<int32_t>(count);
}

ITensor* ILayer::getInput(int32_t index) const noexcept {
    const ir::Node& n = nodeOf(*impl_);
    if (index < 0 || static_cast<size_t>(index) >= n.inputs.size()) return nullptr;
    auto i = static_cast<size_t>(index);
    return guard(impl_->network.reporter, static_cast<ITensor*>(nullptr), [&] {
        return isTensor(*impl_, n, i) ? impl_->network.handle(n.inputs[i]) : nullptr;
    });
}

int32_t ILayer::getNbOutputs() const noexcept {
    return static_cast<int32_t>(nodeOf(*impl_).outputs.size());
}

ITensor* ILayer::getOutput(int32_t index) const noexcept {
    const ir::Node& n = nodeOf(*impl_);
    if (index < 0 || static_cast<size_t>(index) >= n.outputs.size()) return nullptr;
    return guard(impl_->network.reporter, static_cast<ITensor*>(nullptr),
                 [&] { return impl_->network.handle(n.outputs[static_cast<size_t>(index)]); });
}

void ILayer::setInput(int32_t index, ITensor& tensor) noexcept {
    guard(impl_->network.reporter, [&] {
        api::Network& network = impl_->network;
        ir::ValueId value = network.value(&tensor);
        int most = nodeOf(*impl_).op.def().maxInputs;
        require(index >= 0 && (most < 0 || index < most), "layer \"", impl_->name,
                "\" has no input ", index);
        network.graph.setInput(impl_->node, index, value);
        if (index < 32) impl_->weightInputs &= ~(1U << index);
        if (auto* shuffle = nodeOf(*impl_).op.edit<bireme::ops::Shuffle>(); shuffle && index == 1)
            shuffle->reshapes = true;
        network.touch(impl_->node);
    });
}

static void requireTypeChoice(const api::Layer& l, DataType type) {
    require(bireme::isKnown(type), "unknown data type ", static_cast<int>(type));
    require(!l.network.stronglyTyped(), "layer \"", l.name,
            "\": types of a strongly typed network are inferred; use a cast layer");
}

void ILayer::setPrecision(DataType dataType) noexcept {
    guard(impl_->network.reporter, [&] {
        requireTypeChoice(*impl_, dataType);
        nodeOf(*impl_).precision = dataType;
    });
}

DataType ILayer::getPrecision() const noexcept {
    return nodeOf(*impl_).precision.value_or(DataType::kFLOAT);
}

bool ILayer::precisionIsSet() const noexcept { return nodeOf(*impl_).precision.has_value(); }

void ILayer::resetPrecision() noexcept { nodeOf(*impl_).precision.reset(); }

static std::optional<DataType>* outputType(api::Layer& l, int32_t index) {
    auto& types = nodeOf(l).outputTypes;
    bool inside = index >= 0 && static_cast<size_t>(index) < types.size();
    return inside ? &types[static_cast<size_t>(index)] : nullptr;
}

// An identity layer whose output type is set is a conversion.
static void convertIdentity(api::Layer& l, const std::optional<DataType>& to) {
    if (l.type != LayerType::kIDENTITY) return;
    bireme::ops::Pointwise cast;
    cast.fn = bireme::ops::PointwiseFn::cast;
    cast.to = to.value_or(DataType::kFLOAT);
    nodeOf(l).op = to ? ir::Op::of(cast) : ir::Op::of(bireme::ops::Identity{});
}

void ILayer::setOutputType(int32_t index, DataType dataType) noexcept {
    guard(impl_->network.reporter, [&] {
        requireTypeChoice(*impl_, dataType);
        auto* slot = outputType(*impl_, index);
        require(slot, "layer \"", impl_->name, "\" has no output ", index);
        *slot = dataType;
        convertIdentity(*impl_, dataType);
        impl_->network.touch(impl_->node);
    });
}

DataType ILayer::getOutputType(int32_t index) const noexcept {
    auto* slot = outputType(*impl_, index);
    if (slot && *slot) return **slot;
    ITensor* out = getOutput(index);
    return out ? out->getType() : DataType::kFLOAT;
}

bool ILayer::outputTypeIsSet(int32_t index) const noexcept {
    auto* slot = outputType(*impl_, index);
    return slot && slot->has_value();
}

void ILayer::resetOutputType(int32_t index) noexcept {
    guard(impl_->network.reporter, [&] {
        auto* slot = outputType(*impl_, index);
        require(slot, "layer \"", impl_->name, "\" has no output ", index);
        slot->reset();
        convertIdentity(*impl_, std::nullopt);
        impl_->network.touch(impl_->node);
    });
}

}  // namespace nvinfer1
