// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs by binding index, and the batch given at every run: TensorRT 8's way.
#include "api/access.h"
#include "api/convert.h"
#include "api/run/context.h"

#include <cstdlib>

namespace bireme::api {

namespace {

// Largest implicit batch; 0 when the batch is explicit.
int32_t implicitBatch(const plan::Plan& plan) {
    const std::string text = plan.metadataValue(kMaxBatchKey);
    return text.empty() ? 0 : std::max(1, std::atoi(text.c_str()));
}

// The tensor of a binding, in whichever profile; throws when there is none.
int32_t tensorOf(const plan::Plan& plan, int32_t binding) {
    const auto count = static_cast<int32_t>(plan.io.size());
    require(binding >= 0 && binding < count * plan.profileCount, "there is no binding ", binding,
            "; the engine has ", count * plan.profileCount);
    return binding % count;
}

const char* nameOf(const plan::Plan& plan, int32_t binding) {
    return plan.io[static_cast<size_t>(tensorOf(plan, binding))].name.c_str();
}

// get(name) of the binding's tensor, or `fallback` with an error.
template <typename R, typename F>
R ofBinding(const Engine& e, int32_t binding, R fallback, F&& get) noexcept {
    return guard(e.reporter, fallback, [&]() -> R { return get(nameOf(e.plan(), binding)); });
}

// Gives all inputs the batch and all tensors their address.
void bind(Context& c, int32_t batch, void* const* bindings) {
    const plan::Plan& plan = c.plan();
    const int32_t most = implicitBatch(plan);
    require(most > 0, "the engine has an explicit batch: use executeV2 or enqueueV3");
    require(batch >= 1 && batch <= most, "the batch is ", batch, "; the engine takes 1 to ", most);
    require(bindings, "the bindings are null");
    for (size_t i = 0; i < plan.io.size(); ++i) {
        const plan::IoTensor& t = plan.io[i];
        const auto io = static_cast<int32_t>(i);
        if (t.input) {
            std::vector<int64_t> dims;
            for (const Dim& d : t.desc.dims) dims.push_back(d.valueOr(batch));
            c.context.setInputShape(io, dims);
        }
        checkAddress(t, bindings[i]);
        c.context.setAddress(io, bindings[i]);
    }
}

void requireNoEvent(const cudaEvent_t* event) {
    if (event) fail(ErrorCode::kUNSUPPORTED_STATE, "the event for consumed inputs is not recorded");
}

}  // namespace

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::ofBinding;
namespace api = bireme::api;

int32_t ICudaEngine::getNbBindings() const noexcept {
    return getNbIOTensors() * getNbOptimizationProfiles();
}

int32_t ICudaEngine::getBindingIndex(char const* name) const noexcept {
    if (!name) return -1;
    for (size_t i = 0; i < impl_->bindingNames.size(); ++i)
        if (impl_->bindingNames[i] == name) return static_cast<int32_t>(i);
    return -1;
}

char const* ICudaEngine::getBindingName(int32_t bindingIndex) const noexcept {
    bool inside = bindingIndex >= 0 && bindingIndex < getNbBindings();
    return inside ? impl_->bindingNames[static_cast<size_t>(bindingIndex)].c_str() : nullptr;
}

bool ICudaEngine::bindingIsInput(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, false, [&](const char* name) {
        return getTensorIOMode(name) == TensorIOMode::kINPUT;
    });
}

Dims ICudaEngine::getBindingDimensions(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, api::kNoDims, [&](const char* name) {
        Dims d = getTensorShape(name);
        const int hidden = hasImplicitBatchDimension() ? 1 : 0;
        return api::publicDims(std::vector<int64_t>(d.d, d.d + std::max(0, d.nbDims)), hidden);
    });
}

DataType ICudaEngine::getBindingDataType(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, DataType::kFLOAT,
                     [&](const char* name) { return getTensorDataType(name); });
}

TensorFormat ICudaEngine::getBindingFormat(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, TensorFormat::kLINEAR,
                     [&](const char* name) { return getTensorFormat(name); });
}

TensorLocation ICudaEngine::getLocation(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, TensorLocation::kDEVICE,
                     [&](const char* name) { return getTensorLocation(name); });
}

bool ICudaEngine::isShapeBinding(int32_t bindingIndex) const noexcept {
    return ofBinding(*impl_, bindingIndex, false,
                     [&](const char* name) { return isShapeInferenceIO(name); });
}

Dims ICudaEngine::getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                                       OptProfileSelector select) const noexcept {
    return ofBinding(*impl_, bindingIndex, api::kNoDims,
                     [&](const char* name) { return getProfileShape(name, profileIndex, select); });
}

bool ICudaEngine::hasImplicitBatchDimension() const noexcept {
    return guard(impl_->reporter, false, [&] { return api::implicitBatch(impl_->plan()) > 0; });
}

int32_t ICudaEngine::getMaxBatchSize() const noexcept {
    return guard(impl_->reporter, 1,
                 [&] { return std::max(1, api::implicitBatch(impl_->plan())); });
}

void ICudaEngine::destroy() noexcept { delete this; }

bool IExecutionContext::execute(int32_t batchSize, void* const* bindings) noexcept {
    return enqueue(batchSize, bindings, nullptr, nullptr) && wait();
}

bool IExecutionContext::enqueue(int32_t batchSize, void* const* bindings, cudaStream_t stream,
                                cudaEvent_t* inputConsumed) noexcept {
    bool bound = guard(impl_->reporter, false, [&] {
        api::requireNoEvent(inputConsumed);
        api::bind(*impl_, batchSize, bindings);
        return true;
    });
    return bound && enqueueV3(stream);
}

bool IExecutionContext::enqueueV2(void* const* bindings, cudaStream_t stream,
                                  cudaEvent_t* inputConsumed) noexcept {
    bool bound = guard(impl_->reporter, false, [&] {
        api::requireNoEvent(inputConsumed);
        api::setAddresses(*impl_, bindings);
        return true;
    });
    return bound && enqueueV3(stream);
}

bool IExecutionContext::setBindingDimensions(int32_t bindingIndex, Dims dimensions) noexcept {
    return guard(impl_->reporter, false, [&] {
        return setInputShape(api::nameOf(impl_->plan(), bindingIndex), dimensions);
    });
}

Dims IExecutionContext::getBindingDimensions(int32_t bindingIndex) const noexcept {
    return guard(impl_->reporter, api::kNoDims, [&] {
        Dims d = getTensorShape(api::nameOf(impl_->plan(), bindingIndex));
        const int hidden = api::implicitBatch(impl_->plan()) > 0 ? 1 : 0;
        return api::publicDims(std::vector<int64_t>(d.d, d.d + std::max(0, d.nbDims)), hidden);
    });
}

void IExecutionContext::destroy() noexcept { delete this; }

}  // namespace nvinfer1
