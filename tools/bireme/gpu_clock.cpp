// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/gpu_clock.h"

#include <dlfcn.h>
#include <type_traits>

namespace bireme::cli {

// The few functions of libcuda, with its calling convention; 0 is success.
struct GpuClock::Driver {
    int (*init)(unsigned) = nullptr;
    int (*device)(int*, int) = nullptr;
    int (*retain)(void**, int) = nullptr;
    int (*release)(int) = nullptr;
    int (*setCurrent)(void*) = nullptr;
    int (*createStream)(void**, unsigned) = nullptr;
    int (*destroyStream)(void*) = nullptr;
    int (*createEvent)(void**, unsigned) = nullptr;
    int (*destroyEvent)(void*) = nullptr;
    int (*record)(void*, void*) = nullptr;
    int (*synchronize)(void*) = nullptr;
    int (*elapsed)(float*, void*, void*) = nullptr;
    int (*attribute)(int*, int, int) = nullptr;
    int (*memory)(size_t*, size_t*) = nullptr;
    int index = 0;

    bool load() {
        void* lib = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
        if (!lib) return false;
        bool all = true;
        auto get = [&](const char* name, auto& to) {
            to = reinterpret_cast<std::remove_reference_t<decltype(to)>>(::dlsym(lib, name));
            all = all && to;
        };
        get("cuInit", init), get("cuDeviceGet", device);
        get("cuDevicePrimaryCtxRetain", retain), get("cuDevicePrimaryCtxRelease_v2", release);
        get("cuCtxSetCurrent", setCurrent), get("cuStreamCreate", createStream);
        get("cuStreamDestroy_v2", destroyStream), get("cuEventCreate", createEvent);
        get("cuEventDestroy_v2", destroyEvent), get("cuEventRecord", record);
        get("cuEventSynchronize", synchronize), get("cuEventElapsedTime", elapsed);
        get("cuDeviceGetAttribute", attribute), get("cuMemGetInfo_v2", memory);
        return all;
    }
};

std::unique_ptr<GpuClock> GpuClock::open() {
    constexpr unsigned kNonBlocking = 1;
    auto driver = std::make_unique<Driver>();
    void* context = nullptr;
    if (!driver->load() || driver->init(0) || driver->device(&driver->index, 0) ||
        driver->retain(&context, driver->index))
        return nullptr;
    std::unique_ptr<GpuClock> clock(new GpuClock);
    clock->driver_ = std::move(driver);
    Driver& d = *clock->driver_;
    if (d.setCurrent(context) || d.createStream(&clock->stream_, kNonBlocking) ||
        d.createEvent(&clock->begin_, 0) || d.createEvent(&clock->end_, 0))
        return nullptr;
    return clock;
}

GpuClock::~GpuClock() {
    for (void* e : {begin_, end_})
        if (e) (void)driver_->destroyEvent(e);
    if (stream_) (void)driver_->destroyStream(stream_);
    (void)driver_->release(driver_->index);
}

int GpuClock::attribute(int which) const {
    int value = 0;
    return driver_->attribute(&value, which, driver_->index) ? 0 : value;
}

double GpuClock::memoryInUse() const {
    size_t free = 0, total = 0;
    return driver_->memory(&free, &total) ? -1 : static_cast<double>(total - free);
}

bool GpuClock::begin() { return driver_->record(begin_, stream_) == 0; }

double GpuClock::end() {
    float ms = -1;
    if (driver_->record(end_, stream_) || driver_->synchronize(end_) ||
        driver_->elapsed(&ms, begin_, end_))
        return -1;
    return ms;
}

}  // namespace bireme::cli
