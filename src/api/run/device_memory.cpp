// SPDX-License-Identifier: Apache-2.0
#include "bireme/device_memory.h"

#include "api/access.h"
#include "api/run/engine.h"

#include <memory>

namespace bireme::api {

struct DeviceMemory {
    Reporter reporter;
    std::shared_ptr<const runtime::Engine> engine;
    std::unique_ptr<device::Stream> stream;
    void* data = nullptr;
    size_t size = 0;

    bool copy(void* to, const void* from, size_t bytes) noexcept {
        Status s = bytes > size
                       ? Status::failure(ErrorCode::kINVALID_ARGUMENT,
                                         "a copy is larger than the device memory it concerns")
                       : engine->device().copy(to, from, bytes, *stream);
        if (s.ok()) s = stream->synchronize();
        if (!s.ok()) reporter.report(s);
        return s.ok();
    }
};

}  // namespace bireme::api

namespace nvinfer1 {

namespace api = bireme::api;

IDeviceMemory* ICudaEngine::allocateMemory(std::size_t size) const noexcept {
    return api::guard(impl_->reporter, static_cast<IDeviceMemory*>(nullptr), [&] {
        auto& device = impl_->engine->device();
        auto memory = std::make_unique<api::DeviceMemory>();
        memory->reporter = impl_->reporter;
        memory->engine = impl_->engine;
        memory->stream = device.wrapStream(nullptr);
        memory->data = device.allocate(size, 256, nullptr);
        memory->size = size;
        if (!memory->data)
            bireme::fail(ErrorCode::kFAILED_ALLOCATION,
                         bireme::cat("no memory for ", bireme::humanBytes(size), " on ",
                                     device.properties().name));
        return api::Access::adopt<IDeviceMemory>(std::move(memory));
    });
}

IDeviceMemory::~IDeviceMemory() noexcept {
    impl_->engine->device().deallocate(impl_->data, nullptr);
    delete impl_;
}

void* IDeviceMemory::data() const noexcept { return impl_->data; }
std::size_t IDeviceMemory::size() const noexcept { return impl_->size; }

bool IDeviceMemory::copyFromHost(void const* host, std::size_t size) noexcept {
    return impl_->copy(impl_->data, host, size);
}

bool IDeviceMemory::copyToHost(void* host, std::size_t size) const noexcept {
    return impl_->copy(host, impl_->data, size);
}

}  // namespace nvinfer1
