// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

namespace bireme::cpu {

// The processor of the host. Its streams run everything at once on the calling thread.
class CpuDevice final : public device::Device {
public:
    CpuDevice();
    const device::DeviceProperties& properties() const override { return properties_; }
    std::vector<std::pair<std::string, std::string>> fingerprint() const override;
    std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>& engine) const override;
    void* allocate(size_t size, size_t alignment, device::Stream* stream) noexcept override;
    void deallocate(void* p, device::Stream* stream) noexcept override;
    Status copy(void* to, const void* from, size_t size, device::Stream& stream) noexcept override;
    std::unique_ptr<device::Stream> createStream() override;
    std::unique_ptr<device::Stream> wrapStream(void* native) override;

private:
    device::DeviceProperties properties_;
};

}  // namespace bireme::cpu
