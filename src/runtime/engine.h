// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "bireme/allocator.h"
#include "device/backend.h"
#include "plan/plan.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace bireme::runtime {

struct LoadedVariant;

// A plan with its kernels loaded and its weights on the device. Immutable; contexts of many threads
// share it.
class Engine {
public:
    // Finds backend and device, refuses a plan made for another device, loads every kernel. Throws
    // Error. `allocator` supplies scratch and run-time sized memory of all contexts (null: the
    // device's own memory); it must outlive the engine and its contexts, as must the logger.
    static std::shared_ptr<const Engine> load(std::shared_ptr<const plan::Plan> plan, Log log,
                                              IGpuAllocator* allocator = nullptr);
    // Why no device of this machine runs the plan, naming both sides; "" when one does.
    static std::string misfit(const plan::Plan& plan);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    const plan::Plan& plan() const noexcept { return *plan_; }
    const std::shared_ptr<const plan::Plan>& sharedPlan() const noexcept { return plan_; }
    device::Backend& backend() const noexcept { return *backend_; }
    device::Device& device() const noexcept { return *device_; }
    // CPU threads to run with: the plan's, at most the cores there are; 0 for OpenMP's default.
    int32_t threads() const noexcept { return threads_; }
    IGpuAllocator* allocator() const noexcept { return allocator_; }
    const Log& log() const noexcept { return log_; }

    // Index into plan().io of an input or output, -1 when there is none of that name.
    int32_t findIo(std::string_view name) const noexcept;
    // Bytes of scratch that a context needs at most in one profile; over all profiles when -1.
    int64_t deviceMemory(int32_t profile = -1) const noexcept;

    // For the executor.
    const LoadedVariant& variant(size_t index) const noexcept { return *variants_[index]; }
    // The same bytes in the memory of the host.
    const void* hostConstant(int32_t index) const noexcept {
        return plan_->weights.data() + plan_->constants[static_cast<size_t>(index)].offset;
    }
    const void* constant(int32_t index) const noexcept {
        return weights_ + plan_->constants[static_cast<size_t>(index)].offset;
    }

private:
    Engine() = default;
    void findDevice();
    void placeWeights();
    void loadKernels();

    std::shared_ptr<const plan::Plan> plan_;
    device::Backend* backend_ = nullptr;
    device::Device* device_ = nullptr;
    IGpuAllocator* allocator_ = nullptr;
    Log log_;
    int32_t threads_ = 0;
    const uint8_t* weights_ =
        nullptr;  // the plan's bytes where the device reads host memory, else a copy
    void* uploaded_ = nullptr;
    std::vector<std::unique_ptr<LoadedVariant>> variants_;
};

}  // namespace bireme::runtime
