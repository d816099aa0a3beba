// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/bound.h"
#include "runtime/context.h"
#include "runtime/loop_memory.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bireme::runtime {

// What one run works on.
struct RunArguments {
    device::Stream* stream = nullptr;
    void* nativeStream = nullptr;
    uint8_t* scratch = nullptr;
    void* const* addresses = nullptr;              // per io tensor
    OutputAllocator* const* allocators = nullptr;  // per io tensor
    const int64_t* limits = nullptr;  // bytes per io tensor, of a slice; null: what the shapes give
};

class Lanes;

// Walks the bound steps of a sequence; binds what no cache holds. A step that defines symbols ends
// a segment: the next one is bound when their values are known.
class Executor final : private device::OutputSink {
public:
    explicit Executor(const Engine& engine);
    ~Executor() override;

    // Takes the sequence of these inputs from the cache, or starts one.
    void select(size_t variant, std::vector<int64_t> key, Dim::Values values);
    void deselect() noexcept { sequence_ = nullptr, results_ = nullptr; }
    const Sequence* selected() const noexcept { return sequence_; }
    // Was all that the selected sequence runs outside of control flow bound before?
    bool isBound() const noexcept;

    // Allocates, locks and throws nothing when everything is bound already; binding throws Error.
    Status run(const RunArguments& arguments);
    // The same without regard to slices.
    Status runSteps(const RunArguments& arguments);
    const plan::Step* failedStep() const noexcept { return failed_; }
    // Extents of an io tensor after a run; null before.
    const std::vector<int64_t>* ioDims(int32_t io) const noexcept {
        return results_ ? &(*results_)[io] : nullptr;
    }

    std::vector<std::pair<std::string, std::string>> implementations() const;

    size_t cacheEntries = 16;
    StepListener* listener = nullptr;
    bool debugSync = false;
    bool profile = false;
    std::vector<std::pair<const plan::Step*, float>>
        times;  // of the last profiled run, milliseconds

private:
    struct RegionState {
        std::vector<Buffer> deferred;    // per tensor, when the region has deferred ones
        std::vector<uint64_t> acquired;  // per tensor: entry in which its memory was got
        uint64_t entries = 0;            // how often the region began to run
        std::unique_ptr<LoopMemory> loop;
    };
    struct VariantState {
        std::vector<RegionState> regions;
        std::vector<std::vector<void*>> addresses;  // [region][tensor]
        std::vector<int64_t> values;                // of the step symbols
        std::vector<uint8_t> known;
        std::vector<int64_t> ioLimit;  // upper bound of every io tensor's bytes
    };
    using Extents = std::vector<std::vector<int64_t>>;

    VariantState& stateOf(size_t variant);
    Status runSlices(const RunArguments& arguments);
    Status runRegion(int32_t region, const Extents** results);
    Status runStep(int32_t region, const LoadedStep& step, BoundStep& bound);
    Status walk(int32_t region, size_t index, BoundSegment& bound, size_t from, size_t to);
    // The steps of a segment that can be recorded, as one launch where this memory was seen before.
    Status runRecorded(int32_t region, size_t index, BoundSegment& bound);
    Status record(int32_t region, size_t index, BoundSegment& bound, Recording& recording);
    Recording& recordingFor(int32_t region, BoundSegment& bound, bool& seen);
    Status runKernel(int32_t region, const LoadedStep& step, BoundStep& bound);
    Status runOnHost(const LoadedStep& step, BoundStep& bound, const device::Launch& launch);
    Status runReadback(int32_t region, const LoadedStep& step, BoundStep& bound);
    Status runConditional(int32_t region, const LoadedStep& step, BoundStep& bound);
    Status runLoop(int32_t region, const LoadedStep& step, BoundStep& bound);
    Status beginLoop(int32_t region, const LoadedStep& step, BoundStep& bound, LoopMemory& memory);
    Status passTurn(const LoadedStep& step, LoopMemory& memory);
    Status keepTurn(const LoadedStep& step, const Extents& results, LoopMemory& memory);
    Status endLoop(int32_t region, const LoadedStep& step, BoundStep& bound, LoopMemory& memory);
    // One boolean or integer of a loop on the host.
    Status readOne(const void* from, DataType type, int64_t& value);
    Status takeResults(int32_t region, const LoadedStep& step, BoundStep& bound, int32_t child,
                       const Extents& results);
    Status readHost(int32_t region, const LoadedStep& step, BoundStep& bound, const void*& data);
    Status define(const LoadedStep& step, const BoundStep& bound);
    void setSymbol(const LoadedStep& step, const LoadedDefine& d, int64_t value);
    Status watch(int32_t region, const LoadedStep& step, const BoundStep& bound);

    BoundSegment& segment(int32_t region, size_t index);
    BoundSegment& bindMissing(int32_t region, size_t index);
    void enter(int32_t region);
    void setAddress(int32_t region, int32_t root, void* p) noexcept;
    // The root of an input becomes the bytes that a bound step holds for it.
    void placeExtents(int32_t region, const LoadedStep& step, BoundStep& bound) noexcept;
    // Memory of at least `bytes` for the root of a tensor that is written; null when there is none.
    void* acquire(int32_t region, int32_t tensor, int64_t bytes) noexcept;
    void* acquireOutput(int32_t io, int64_t bytes) noexcept;
    void* resize(int output, const int64_t* dims, int rank) noexcept override;

    const Engine& engine_;
    device::ContextState context_;
    std::vector<std::unique_ptr<VariantState>> states_;
    std::vector<std::unique_ptr<Sequence>> sequences_;
    std::unique_ptr<Lanes> lanes_;  // of a variant with slices
    std::vector<uint64_t> ioAcquired_;
    std::vector<void*> ioMemory_;
    std::vector<int64_t> ioBytes_;
    std::vector<int64_t> keyScratch_;
    std::vector<const void*> pointers_;
    bool recording_ = false;  // in this run
    Sequence* sequence_ = nullptr;
    const LoadedVariant* variant_ = nullptr;
    VariantState* state_ = nullptr;
    RunArguments run_;
    uint64_t runNumber_ = 0, clock_ = 0;
    const plan::Step* failed_ = nullptr;
    const Extents* results_ = nullptr;
    struct {
        int32_t region = 0;
        const LoadedStep* step = nullptr;
        BoundStep* bound = nullptr;
        const char* refusal = nullptr;
    } sink_;
};

}  // namespace bireme::runtime
