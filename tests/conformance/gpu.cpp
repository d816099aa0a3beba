// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/gpu.h"

#include "base/text.h"

#include <map>

namespace bireme::conformance {

namespace {

class AbsentGpu final : public device::Device {
public:
    explicit AbsentGpu(int architecture) {
        properties_.type = DeviceType::kGPU;
        properties_.name = cat("absent GPU of compute capability ", architecture);
        properties_.cores = 108;
        properties_.architecture = architecture;
        properties_.hostMemory = false;
    }
    const device::DeviceProperties& properties() const override { return properties_; }
    std::vector<std::pair<std::string, std::string>> fingerprint() const override { return {}; }
    std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>&) const override {
        return "it is not there";
    }
    void* allocate(size_t, size_t, device::Stream*) noexcept override { return nullptr; }
    void deallocate(void*, device::Stream*) noexcept override {}
    Status copy(void*, const void*, size_t, device::Stream&) noexcept override {
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "the GPU is not there");
    }
    std::unique_ptr<device::Stream> createStream() override { return nullptr; }
    std::unique_ptr<device::Stream> wrapStream(void*) override { return nullptr; }

private:
    device::DeviceProperties properties_;
};

}  // namespace

device::Device& absentGpu(int architecture) {
    static auto* gpus = new std::map<int, std::unique_ptr<AbsentGpu>>;
    auto& gpu = (*gpus)[architecture];
    if (!gpu) gpu = std::make_unique<AbsentGpu>(architecture);
    return *gpu;
}

}  // namespace bireme::conformance
