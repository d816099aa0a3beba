// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device.h"

#include "backends/cpu/onednn/context.h"
#include "backends/cpu/support/isa.h"
#include "base/parallel_for.h"
#include "base/text.h"

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bireme::cpu {

namespace {

class CpuStream final : public device::Stream {
public:
    Status synchronize() noexcept override { return Status::success(); }
};

}  // namespace

CpuDevice::CpuDevice() {
    properties_.type = DeviceType::kCPU;
    properties_.name = processorName();
    properties_.memory =
        static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
    properties_.cores = hardwareThreads();
    properties_.hostMemory = true;
    if (const long cache = sysconf(_SC_LEVEL2_CACHE_SIZE); cache > 0)
        properties_.coreCache = static_cast<size_t>(cache);
}

std::vector<std::pair<std::string, std::string>> CpuDevice::fingerprint() const {
    return {{"device", "cpu"},
            {"isa", isaName(kernelIsa())},
            {"onednn", libraryVersion()},
            {"processor", properties_.name}};
}

std::string CpuDevice::incompatibility(
    const std::vector<std::pair<std::string, std::string>>& engine) const {
    for (const auto& [key, value] : engine) {
        if (key == "device" && value != "cpu")
            return cat("the engine was built for a ", value, ", this is a CPU");
        // Packed weights and kernels are chosen for the engine's instruction set; a richer machine
        // runs them too.
        if (key == "isa" && isaOfName(value) > kernelIsa())
            return cat(
                "the engine was built for the instruction set ", value, ", ",
                kernelIsa() < machineIsa() ? "BIREME_CPU_MAX_ISA allows " : "this machine has ",
                isaName(kernelIsa()));
    }
    return {};
}

void* CpuDevice::allocate(size_t size, size_t alignment, device::Stream*) noexcept {
    size_t a = std::max<size_t>(alignment, 64);
    // Large buffers start on a huge page boundary when the system hands out such pages.
    if (size >= (size_t(4) << 20)) a = std::max<size_t>(a, 4096);
    return std::aligned_alloc(a, (std::max<size_t>(size, 1) + a - 1) / a * a);
}

void CpuDevice::deallocate(void* p, device::Stream*) noexcept { std::free(p); }

Status CpuDevice::copy(void* to, const void* from, size_t size, device::Stream&) noexcept {
    if (size) std::memmove(to, from, size);
    return Status::success();
}

std::unique_ptr<device::Stream> CpuDevice::createStream() { return std::make_unique<CpuStream>(); }
std::unique_ptr<device::Stream> CpuDevice::wrapStream(void*) {
    return std::make_unique<CpuStream>();
}

}  // namespace bireme::cpu
