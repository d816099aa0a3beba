// SPDX-License-Identifier: Apache-2.0
#include "api/run/context.h"

#include "api/access.h"
#include "api/convert.h"

#include <algorithm>

namespace bireme::api {

void* AllocatorAdapter::reallocate(int32_t io, void* current, uint64_t size, uint64_t alignment,
                                   void* nativeStream) noexcept {
    const char* name = plan_.io[static_cast<size_t>(io)].name.c_str();
    try {
        return user_.reallocateOutputAsync(name, current, size, alignment,
                                           static_cast<cudaStream_t>(nativeStream));
    } catch (...) {
        return nullptr;  // the user's function may throw; the runtime reports that there is no
                         // memory
    }
}

void AllocatorAdapter::notifyShape(int32_t io, const int64_t* dims, int32_t rank) noexcept {
    Dims out{std::min(rank, Dims::MAX_DIMS), {}};
    std::copy_n(dims, out.nbDims, out.d);
    user_.notifyShape(plan_.io[static_cast<size_t>(io)].name.c_str(), out);
}

static runtime::MemoryStrategy strategyOf(ExecutionContextAllocationStrategy strategy) {
    switch (strategy) {
        case ExecutionContextAllocationStrategy::kSTATIC: return runtime::MemoryStrategy::fixed;
        case ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE:
            return runtime::MemoryStrategy::onProfileChange;
        case ExecutionContextAllocationStrategy::kUSER_MANAGED:
            return runtime::MemoryStrategy::user;
    }
    failInvalid(cat("there is no allocation strategy ", static_cast<int>(strategy)));
}

IExecutionContext* makeContext(const ICudaEngine& handle, const Engine& engine,
                               ExecutionContextAllocationStrategy strategy) {
    auto impl = std::unique_ptr<Context>(
        new Context{engine.reporter,
                    handle,
                    runtime::ExecutionContext(engine.engine, strategyOf(strategy)),
                    {},
                    {}});
    impl->allocators.resize(engine.plan().io.size());
    return Access::adopt<IExecutionContext>(std::move(impl));
}

// Extents now as public dims; none while their number is unknown.
static Dims shapeNow(const std::vector<int64_t>& dims) { return publicDims(dims); }

static bool succeeded(const Context& c, const Status& status) noexcept {
    if (status.ok()) return true;
    const char* layer = c.context.failedLayer();
    if (!*layer) {
        c.reporter.report(status);
        return false;
    }
    guard(c.reporter, [&] {
        c.reporter.report(status.code, cat("layer \"", layer, "\": ", status.message).c_str());
    });
    return false;
}

void checkAddress(const plan::IoTensor& t, const void* data) {
    size_t alignment = std::max<size_t>(1, bytesFor(t.desc.type, 1));
    require(reinterpret_cast<uintptr_t>(data) % alignment == 0, "tensor \"", t.name,
            "\": the address is not aligned to ", alignment, " bytes");
}

void setAddresses(Context& c, void* const* bindings) {
    require(bindings, "the bindings are null");
    const auto& io = c.plan().io;
    for (size_t i = 0; i < io.size(); ++i) {
        checkAddress(io[i], bindings[i]);
        c.context.setAddress(static_cast<int32_t>(i), bindings[i]);
    }
}

// Which of the two directions an address may be set for.
enum class Side { any, input, output };

static bool setAddress(Context& c, const char* name, void* data, Side side) noexcept {
    return guard(c.reporter, false, [&] {
        int32_t io = c.io(name);
        const plan::IoTensor& t = c.plan().io[static_cast<size_t>(io)];
        require(side != Side::input || t.input, "tensor \"", name, "\" is an output");
        require(side != Side::output || !t.input, "tensor \"", name, "\" is an input");
        checkAddress(t, data);
        c.context.setAddress(io, data);
        return true;
    });
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
using bireme::api::Side;
namespace api = bireme::api;

IExecutionContext::~IExecutionContext() noexcept { delete impl_; }

ICudaEngine const& IExecutionContext::getEngine() const noexcept { return impl_->engineHandle; }

void IExecutionContext::setName(char const* name) noexcept {
    guard(impl_->reporter, [&] { impl_->name = api::requireName(name, "the context's name"); });
}

char const* IExecutionContext::getName() const noexcept { return impl_->name.c_str(); }

bool IExecutionContext::setOptimizationProfileAsync(int32_t profileIndex,
                                                    cudaStream_t /*stream*/) noexcept {
    return guard(impl_->reporter, false, [&] {
        impl_->context.setProfile(profileIndex);
        return true;
    });
}

int32_t IExecutionContext::getOptimizationProfile() const noexcept {
    return impl_->context.profile();
}

bool IExecutionContext::setInputShape(char const* tensorName, Dims const& dims) noexcept {
    return guard(impl_->reporter, false, [&] {
        int32_t io = impl_->io(tensorName);
        require(impl_->plan().io[static_cast<size_t>(io)].input, "tensor \"", tensorName,
                "\" is an output: its shape follows from the inputs");
        impl_->context.setInputShape(io, api::toVector(dims, "the input's shape"));
        return true;
    });
}

Dims IExecutionContext::getTensorShape(char const* tensorName) const noexcept {
    return guard(impl_->reporter, api::kNoDims,
                 [&] { return api::shapeNow(impl_->context.shape(impl_->io(tensorName))); });
}

Dims IExecutionContext::getTensorStrides(char const* tensorName) const noexcept {
    return guard(impl_->reporter, api::kNoDims, [&] {
        int32_t io = impl_->io(tensorName);
        std::vector<int64_t> strides = impl_->context.strides(io);
        bool scalar = impl_->plan().io[static_cast<size_t>(io)].desc.dims.empty();
        return strides.empty() && !scalar ? api::kNoDims : api::publicDims(strides);
    });
}

bool IExecutionContext::allInputDimensionsSpecified() const noexcept {
    return impl_->context.inputShapesSet();
}

bool IExecutionContext::allInputShapesSpecified() const noexcept {
    return impl_->context.inputValuesSet();
}

int32_t IExecutionContext::inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept {
    return guard(impl_->reporter, -1, [&] {
        std::vector<int32_t> missing = impl_->context.inferShapes();
        auto count = static_cast<int32_t>(missing.size());
        for (int32_t i = 0; tensorNames && i < std::min(count, nbMaxNames); ++i)
            tensorNames[i] =
                impl_->plan().io[static_cast<size_t>(missing[static_cast<size_t>(i)])].name.c_str();
        return count;
    });
}

bool IExecutionContext::setTensorAddress(char const* tensorName, void* data) noexcept {
    return api::setAddress(*impl_, tensorName, data, Side::any);
}

bool IExecutionContext::setInputTensorAddress(char const* tensorName, void const* data) noexcept {
    return api::setAddress(*impl_, tensorName, const_cast<void*>(data), Side::input);
}

bool IExecutionContext::setOutputTensorAddress(char const* tensorName, void* data) noexcept {
    return api::setAddress(*impl_, tensorName, data, Side::output);
}

void const* IExecutionContext::getTensorAddress(char const* tensorName) const noexcept {
    return guard(impl_->reporter, static_cast<void const*>(nullptr),
                 [&]() -> void const* { return impl_->context.address(impl_->io(tensorName)); });
}

void* IExecutionContext::getOutputTensorAddress(char const* tensorName) const noexcept {
    return guard(impl_->reporter, static_cast<void*>(nullptr), [&]() -> void* {
        int32_t io = impl_->io(tensorName);
        require(!impl_->plan().io[static_cast<size_t>(io)].input, "tensor \"", tensorName,
                "\" is an input");
        return impl_->context.address(io);
    });
}

bool IExecutionContext::setOutputAllocator(char const* tensorName,
                                           IOutputAllocator* outputAllocator) noexcept {
    return guard(impl_->reporter, false, [&] {
        int32_t io = impl_->io(tensorName);
        require(!impl_->plan().io[static_cast<size_t>(io)].input, "tensor \"", tensorName,
                "\" is an input");
        auto& slot = impl_->allocators[static_cast<size_t>(io)];
        auto adapter = outputAllocator ? std::make_unique<api::AllocatorAdapter>(impl_->plan(),
                                                                                 *outputAllocator)
                                       : nullptr;
        impl_->context.setOutputAllocator(io, adapter.get());
        slot = std::move(adapter);
        return true;
    });
}

IOutputAllocator* IExecutionContext::getOutputAllocator(char const* tensorName) const noexcept {
    return guard(impl_->reporter, static_cast<IOutputAllocator*>(nullptr),
                 [&]() -> IOutputAllocator* {
                     auto& slot = impl_->allocators[static_cast<size_t>(impl_->io(tensorName))];
                     return slot ? &slot->user() : nullptr;
                 });
}

int64_t IExecutionContext::getMaxOutputSize(char const* tensorName) const noexcept {
    return guard(impl_->reporter, int64_t{-1},
                 [&] { return impl_->context.maxOutputBytes(impl_->io(tensorName)); });
}

bool IExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
    return api::succeeded(*impl_, impl_->context.enqueue(stream));
}

bool IExecutionContext::wait() noexcept { return api::succeeded(*impl_, impl_->context.wait()); }

bool IExecutionContext::executeV2(void* const* bindings) noexcept {
    bool set = guard(impl_->reporter, false, [&] {
        api::setAddresses(*impl_, bindings);
        return true;
    });
    return set && api::succeeded(*impl_, impl_->context.enqueue()) &&
           api::succeeded(*impl_, impl_->context.wait());
}

void IExecutionContext::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
    impl_->context.setUserMemory(memory, size);
}

void IExecutionContext::setDeviceMemory(void* memory) noexcept {
    impl_->context.setUserMemory(memory, impl_->context.engine().deviceMemory());
}

std::size_t IExecutionContext::updateDeviceMemorySizeForShapes() noexcept {
    return guard(impl_->reporter, std::size_t{0},
                 [&] { return static_cast<std::size_t>(impl_->context.memoryForShapes()); });
}

void IExecutionContext::setProfiler(IProfiler* profiler) noexcept {
    impl_->context.setProfiler(profiler);
}

IProfiler* IExecutionContext::getProfiler() const noexcept { return impl_->context.profiler(); }

void IExecutionContext::setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept {
    impl_->context.setEnqueueEmitsProfile(enqueueEmitsProfile);
}

bool IExecutionContext::getEnqueueEmitsProfile() const noexcept {
    return impl_->context.enqueueEmitsProfile();
}

bool IExecutionContext::reportToProfiler() const noexcept {
    return impl_->context.reportToProfiler();
}

void IExecutionContext::setDebugSync(bool sync) noexcept { impl_->context.setDebugSync(sync); }

bool IExecutionContext::getDebugSync() const noexcept { return impl_->context.debugSync(); }

void IExecutionContext::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* IExecutionContext::getErrorRecorder() const noexcept {
    return impl_->reporter.recorder();
}

}  // namespace nvinfer1
