// SPDX-License-Identifier: Apache-2.0
// INetworkDefinition but for add...: inputs, outputs and bookkeeping.
#include "api/access.h"
#include "api/network/network.h"

#include <utility>

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;
namespace ir = bireme::ir;

namespace nvinfer1 {

INetworkDefinition::~INetworkDefinition() noexcept { delete impl_; }

ITensor* INetworkDefinition::addInput(char const* name, DataType type,
                                      Dims const& dimensions) noexcept {
    return guard(impl_->reporter, static_cast<ITensor*>(nullptr),
                 [&] { return impl_->addInput(name, type, dimensions); });
}

void INetworkDefinition::markOutput(ITensor& tensor) noexcept {
    guard(impl_->reporter, [&] {
        ir::ValueId v = impl_->value(&tensor);
        require(!impl_->graph.isInput(v), "tensor \"", impl_->tensor(v).name,
                "\" is an input and cannot be an output; add an identity layer");
        impl_->graph.markOutput(v);
        impl_->tensor(v).shapeOutput = false;
        impl_->changed();
    });
}

void INetworkDefinition::unmarkOutput(ITensor& tensor) noexcept {
    guard(impl_->reporter, [&] {
        impl_->graph.unmarkOutput(impl_->value(&tensor));
        impl_->changed();
    });
}

bool INetworkDefinition::markOutputForShapes(ITensor& tensor) noexcept {
    return guard(impl_->reporter, false, [&] {
        ir::ValueId v = impl_->value(&tensor);
        if (impl_->graph.isOutput(v)) return false;
        const auto& desc = impl_->desc(v);
        require(desc.rank() <= 1 && bireme::isInteger(desc.type), "tensor \"",
                impl_->tensor(v).name, "\" cannot be a shape output: it is ", desc.text(),
                ", not integers of rank 0 or 1");
        impl_->graph.markOutput(v);
        impl_->tensor(v).shapeOutput = true;
        impl_->changed();
        return true;
    });
}

bool INetworkDefinition::unmarkOutputForShapes(ITensor& tensor) noexcept {
    return guard(impl_->reporter, false, [&] {
        ir::ValueId v = impl_->value(&tensor);
        if (!impl_->graph.isOutput(v) || !impl_->tensor(v).shapeOutput) return false;
        impl_->graph.unmarkOutput(v);
        impl_->tensor(v).shapeOutput = false;
        impl_->changed();
        return true;
    });
}

int32_t INetworkDefinition::getNbLayers() const noexcept {
    return static_cast<int32_t>(impl_->layers.size());
}

ILayer* INetworkDefinition::getLayer(int32_t index) const noexcept {
    bool inside = index >= 0 && static_cast<size_t>(index) < impl_->layers.size();
    return inside ? impl_->layers[static_cast<size_t>(index)]->handle : nullptr;
}

static ITensor* handleAt(api::Network& network, const std::vector<ir::ValueId>& values,
                         int32_t index) noexcept {
    if (index < 0 || static_cast<size_t>(index) >= values.size()) return nullptr;
    return guard(network.reporter, static_cast<ITensor*>(nullptr),
                 [&] { return network.handle(values[static_cast<size_t>(index)]); });
}

int32_t INetworkDefinition::getNbInputs() const noexcept {
    return static_cast<int32_t>(impl_->graph.inputs().size());
}

ITensor* INetworkDefinition::getInput(int32_t index) const noexcept {
    return handleAt(*impl_, impl_->graph.inputs(), index);
}

int32_t INetworkDefinition::getNbOutputs() const noexcept {
    return static_cast<int32_t>(impl_->graph.outputs().size());
}

ITensor* INetworkDefinition::getOutput(int32_t index) const noexcept {
    return handleAt(*impl_, impl_->graph.outputs(), index);
}

void INetworkDefinition::removeTensor(ITensor& tensor) noexcept {
    guard(impl_->reporter, [&] {
        ir::ValueId v = impl_->value(&tensor);
        if (impl_->graph.isInput(v) && impl_->graph.useCount(v) == 0)
            impl_->removeInput(v);
        else
            impl_->reporter.log().warning("tensor \"", impl_->tensor(v).name,
                                          "\" is in use and stays");
    });
}

void INetworkDefinition::setName(char const* name) noexcept {
    guard(impl_->reporter,
          [&] { impl_->graph.name = impl_->name = api::requireName(name, "the network's name"); });
}

char const* INetworkDefinition::getName() const noexcept { return impl_->name.c_str(); }

NetworkDefinitionCreationFlags INetworkDefinition::getFlags() const noexcept {
    return impl_->flags;
}

bool INetworkDefinition::getFlag(
    NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept {
    auto bit = static_cast<uint32_t>(networkDefinitionCreationFlag);
    return bit < 32 && (impl_->flags >> bit & 1U);
}

bool INetworkDefinition::hasImplicitBatchDimension() const noexcept { return impl_->isImplicit(); }

bool INetworkDefinition::showBatch(bool show) noexcept {
    return std::exchange(impl_->explicitView, show);
}

bool INetworkDefinition::setWeightsName(Weights weights, char const* name) noexcept {
    return guard(impl_->reporter, false, [&] {
        impl_->setWeightsName(weights, name);
        return true;
    });
}

void INetworkDefinition::destroy() noexcept { delete this; }

IBuilder& INetworkDefinition::getBuilder() const noexcept { return *impl_->builder; }

void INetworkDefinition::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* INetworkDefinition::getErrorRecorder() const noexcept {
    return impl_->reporter.recorder();
}

}  // namespace nvinfer1
