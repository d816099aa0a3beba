// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

namespace bireme::reference {

// The processor of the host, whatever it is: an engine for it runs on every machine.
class HostDevice final : public device::Device {
public:
    HostDevice();
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

}  // namespace bireme::reference
