// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "base/status.h"
#include "bireme/profiler.h"
#include "runtime/engine.h"
#include "runtime/shapes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bireme::runtime {

class Executor;

// Who supplies a context's scratch, and how much.
enum class MemoryStrategy : uint8_t {
    fixed,            // the context, enough for every profile
    onProfileChange,  // the context, enough for the profile in use
    user,             // the user, through setUserMemory
};

// Supplies the memory of an output when its size is known.
class OutputAllocator {
public:
    virtual ~OutputAllocator() = default;
    // At least `size` bytes for output `io`, or null. `current` is the address set for it; called
    // at most once a run.
    virtual void* reallocate(int32_t io, void* current, uint64_t size, uint64_t alignment,
                             void* nativeStream) noexcept = 0;
    // The final extents; once a run, after reallocate.
    virtual void notifyShape(int32_t io, const int64_t* dims, int32_t rank) noexcept = 0;
};

// One operand of a step that has just run.
struct OperandView {
    const plan::PlanTensor* tensor = nullptr;  // null when absent
    const int64_t* dims = nullptr;             // tensor->desc.rank() extents
    const void* data = nullptr;
};

// Watches every step; runs are slower while one is set.
class StepListener {
public:
    virtual ~StepListener() = default;
    // Called when the step is done and its stream is idle. A bad status ends the run.
    virtual Status afterStep(const plan::Step& step, const std::vector<OperandView>& inputs,
                             const std::vector<OperandView>& outputs) noexcept = 0;
};

// One run of an engine at a time, with its own scratch. `io` is an index into plan().io; out of
// range throws or, where the function is noexcept, does nothing. Not thread-safe; contexts of one
// engine run beside each other.
class ExecutionContext {
public:
    // Throws Error when the scratch of a `fixed` context cannot be had.
    explicit ExecutionContext(std::shared_ptr<const Engine> engine,
                              MemoryStrategy strategy = MemoryStrategy::fixed);
    ~ExecutionContext();
    ExecutionContext(const ExecutionContext&) = delete;
    ExecutionContext& operator=(const ExecutionContext&) = delete;

    const Engine& engine() const noexcept { return *engine_; }
    const std::shared_ptr<const Engine>& sharedEngine() const noexcept { return engine_; }

    // --- profile and shapes; these throw Error, whose text names tensor, dimension, range and
    // profile ---
    void setProfile(int32_t profile);  // forgets all shapes
    int32_t profile() const noexcept { return profile_; }
    // Whose steps run: the one that the shapes chose, else the profile's first.
    int32_t variant() const noexcept;
    void setInputShape(int32_t io, const std::vector<int64_t>& dims);
    // Extents now, -1 where they follow from inputs not set or from data (known after the run).
    std::vector<int64_t> shape(int32_t io) const;
    // Distance of neighbours in every dimension, in elements; empty while unknown or when the
    // format is blocked.
    std::vector<int64_t> strides(int32_t io) const;
    bool inputShapesSet() const noexcept;  // every run-time extent of the inputs
    bool inputValuesSet() const noexcept;  // every shape input has an address
    // Checks the inputs and computes all shapes. The inputs that are not specified; empty when
    // complete.
    std::vector<int32_t> inferShapes();
    // Upper bound of an output's bytes for the shapes set (of the profile, for extents not set); -1
    // when there is none.
    int64_t maxOutputBytes(int32_t io) const;

    // --- addresses; they stay until set again ---
    void setAddress(int32_t io, void* data) noexcept;
    void* address(int32_t io) const noexcept;
    void setOutputAllocator(int32_t io,
                            OutputAllocator* allocator) noexcept;  // null goes back to the address
    OutputAllocator* outputAllocator(int32_t io) const noexcept;

    // --- running ---
    // On a host device the results are there on return. With unchanged shapes: no allocation, no
    // lock, no exception. The message of a failure does not name the layer and is valid until the
    // next call.
    Status enqueue(void* nativeStream = nullptr) noexcept;
    Status wait() noexcept;  // for the last enqueue
    // Name of the step that the last failed enqueue stopped at, "" when it failed before the first.
    const char* failedLayer() const noexcept;

    // --- memory ---
    void setUserMemory(void* memory, int64_t size) noexcept;  // of a `user` context
    int64_t memoryForShapes();  // bytes of scratch that the shapes set need; throws Error
    void setCacheEntries(
        size_t entries) noexcept;  // shapes whose bound kernels are kept; default 16

    // --- watching ---
    void setProfiler(IProfiler* profiler) noexcept;
    IProfiler* profiler() const noexcept { return profiler_; }
    void setEnqueueEmitsProfile(bool emits) noexcept { emitsProfile_ = emits; }
    bool enqueueEmitsProfile() const noexcept { return emitsProfile_; }
    bool reportToProfiler() const noexcept;  // times of the last run; false when there was none
    void setListener(StepListener* listener) noexcept;
    void setDebugSync(bool sync) noexcept;
    bool debugSync() const noexcept;
    // Values of all symbols that the shapes set tell, for descriptions.
    Dim::Values symbols() const;
    // Step name and implementation (Bound::implementation) of everything bound for the shapes of
    // the last run.
    std::vector<std::pair<std::string, std::string>> implementations() const;

private:
    bool validIo(int32_t io) const noexcept;
    const plan::IoTensor& io(int32_t index) const;  // throws when out of range
    std::vector<int32_t> unspecified() const;
    int64_t valueCount(int32_t io) const noexcept;  // elements of a shape input, 0 while not known
    void readShapeInputs();
    bool shapeInputsChanged() const noexcept;
    void resolveShapes();
    void shapesChanged() noexcept;
    void forgetShapes();
    void allocateScratch(int64_t size);
    void prepare(void* nativeStream);
    void checkAddresses() const;
    Status run();

    std::shared_ptr<const Engine> engine_;
    MemoryStrategy strategy_;
    int32_t profile_ = 0;
    std::vector<InputState> inputs_;            // per io tensor
    std::vector<void*> addresses_;              // per io tensor
    std::vector<OutputAllocator*> allocators_;  // per io tensor
    bool resolved_ = false;                     // variant_ and the executor's sequence fit inputs_
    size_t variant_ = 0;
    std::unique_ptr<Executor> executor_;
    std::unique_ptr<device::Stream> stream_;
    void* nativeStream_ = nullptr;
    void* scratch_ = nullptr;
    int64_t scratchSize_ = 0;
    IProfiler* profiler_ = nullptr;
    bool emitsProfile_ = true;
    std::string message_;
    std::string failedLayer_;
};

}  // namespace bireme::runtime
