// SPDX-License-Identifier: Apache-2.0
#include "backends/reference/device.h"

#include "base/parallel_for.h"
#include "base/text.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bireme::reference {

namespace {
class HostStream final : public device::Stream {
public:
    Status synchronize() noexcept override { return Status::success(); }
};
}  // namespace

HostDevice::HostDevice() {
    properties_.type = DeviceType::kCPU;
    properties_.name = "host processor";
    properties_.cores = hardwareThreads();
}

std::vector<std::pair<std::string, std::string>> HostDevice::fingerprint() const {
    return {{"device", "cpu"}};
}

std::string HostDevice::incompatibility(
    const std::vector<std::pair<std::string, std::string>>& engine) const {
    for (const auto& [key, value] : engine)
        if (key == "device" && value != "cpu")
            return cat("the engine was built for a ", value, ", this is a CPU");
    return {};
}

void* HostDevice::allocate(size_t size, size_t alignment, device::Stream*) noexcept {
    size_t a = std::max<size_t>(alignment, 64);
    if (size > SIZE_MAX / 2) return nullptr;
    return std::aligned_alloc(a, (std::max<size_t>(size, 1) + a - 1) / a * a);
}

void HostDevice::deallocate(void* p, device::Stream*) noexcept { std::free(p); }

Status HostDevice::copy(void* to, const void* from, size_t size, device::Stream&) noexcept {
    if (size) std::memmove(to, from, size);
    return Status::success();
}

std::unique_ptr<device::Stream> HostDevice::createStream() {
    return std::make_unique<HostStream>();
}
std::unique_ptr<device::Stream> HostDevice::wrapStream(void*) {
    return std::make_unique<HostStream>();
}

}  // namespace bireme::reference
