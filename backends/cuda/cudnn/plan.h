// SPDX-License-Identifier: Apache-2.0
// The run half: a plan of cuDNN's as it lies in an engine file, loaded and executed. Needs neither
// cudnn-frontend nor the description of the graph.
#pragma once

#include "base/status.h"
#include "device/kernel.h"

#include <cudnn.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bireme::cuda {
class CudaDevice;
}

namespace bireme::cuda::dnn {

// One of cuDNN's opaque descriptors.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(cudnnBackendDescriptorType_t type);  // throws Error
    Descriptor(Descriptor&& o) noexcept : d_(o.d_) { o.d_ = nullptr; }
    Descriptor& operator=(Descriptor&& o) noexcept;
    ~Descriptor();
    cudnnBackendDescriptor_t get() const noexcept { return d_; }

private:
    cudnnBackendDescriptor_t d_ = nullptr;
};

// Immutable once loaded; shared by contexts. Its code stays loaded as long as it lives, which
// recorded graphs rely on.
class Plan {
public:
    Plan(const std::string& bytes, cudnnHandle_t handle);  // throws Error
    size_t workspace() const noexcept { return workspace_; }
    cudnnBackendDescriptor_t get() const noexcept { return plan_.get(); }

private:
    Descriptor plan_;
    size_t workspace_ = 0;
};

struct BuiltPlan {
    std::string engine;
    std::string bytes;  // cuDNN's own text of the plan
    size_t workspace = 0;
};

// The plan of one engine, named by its number and knobs ("eng39_k24=11"), for a finished operation
// graph; throws Error when the engine does not take it.
BuiltPlan planOf(cudnnBackendDescriptor_t graph, const std::string& engine, cudnnHandle_t handle);

// A handle for building and loading plans on a device, from those that are free. Throws Error.
class BuilderHandle {
public:
    explicit BuilderHandle(CudaDevice& device);
    ~BuilderHandle();
    BuilderHandle(const BuilderHandle&) = delete;
    BuilderHandle& operator=(const BuilderHandle&) = delete;
    cudnnHandle_t get() const noexcept { return handle_; }

private:
    int device_;
    cudnnHandle_t handle_ = nullptr;
};

// Where a tensor of a plan comes from at run time.
struct Source {
    enum class Kind : uint8_t { input = 0, constant = 1, output = 2 };
    Kind kind = Kind::input;
    int index = 0;
};

// A plan bound to one context. Tensor i of the plan has the number i + 1.
class PlanBound final : public device::Bound {
public:
    PlanBound(std::shared_ptr<const Plan> plan, std::string engine, std::vector<Source> sources);
    size_t workspace() const noexcept override { return plan_->workspace(); }
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override;
    std::string implementation() const override { return "cudnn:" + engine_; }

private:
    Status pack(const device::Launch& launch) noexcept;
    std::shared_ptr<const Plan> plan_;
    std::string engine_;
    std::vector<Source> sources_;
    std::vector<int64_t> numbers_;
    std::vector<void*> pointers_;  // of pack_
    void* packedWorkspace_ = nullptr;
    Descriptor pack_;  // made anew when addresses change
};

}  // namespace bireme::cuda::dnn
