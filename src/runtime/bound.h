// SPDX-License-Identifier: Apache-2.0
// Kernels made ready for one shape in one context, and the caches that keep them.
#pragma once

#include "device/kernel.h"
#include "runtime/loaded.h"
#include "runtime/memory.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bireme::runtime {

// Memory of the host, aligned as its kernels want it.
class HostBuffer {
public:
    bool reserve(size_t size) noexcept {
        if (data_ && size <= size_) return true;
        size_ = (size + 63) / 64 * 64 + 64;
        data_.reset(std::aligned_alloc(64, size_));
        return data_ != nullptr;
    }
    void* data() const noexcept { return data_.get(); }

private:
    struct Free {
        void operator()(void* p) const noexcept { std::free(p); }
    };
    std::unique_ptr<void, Free> data_;
    size_t size_ = 0;
};

// A step that runs on the host beside a GPU: copies of its operands.
struct HostSide {
    std::vector<HostBuffer> inputs, outputs;
    std::vector<size_t> inputBytes, outputBytes;
    std::vector<const void*> in;
    std::vector<void*> out;
    HostBuffer workspace;
    std::unique_ptr<device::Stream> stream;
};

struct BoundStep {
    std::unique_ptr<device::Bound> bound;  // kernel and convert steps
    std::vector<std::vector<int64_t>> inputDims;
    std::vector<std::vector<int64_t>> outputDims;  // those only running tells are filled in by it
    std::vector<std::vector<int64_t>>
        expected;                 // as outputDims when bound: -1 where only running tells
    std::vector<uint8_t> open;    // per output: has such extents, its memory comes from the sink
    std::vector<uint8_t> needed;  // per input: has bytes, so null is an error
    // Per input: bytes of its root when they are known while binding (a shape), and where the
    // device can read them when host memory is out of its reach.
    std::vector<std::vector<uint8_t>> extents;
    std::vector<std::unique_ptr<Buffer>> extentsOnDevice;
    bool hasExtents = false;  // some input is one
    bool recordable = false;  // nothing but work on the stream: may be part of a recorded sequence
    std::vector<std::pair<int32_t, int64_t>>
        acquire;                      // tensor, bytes: memory to get before the step
    std::vector<const void*> inputs;  // pointers of the launch, filled before each enqueue
    std::vector<void*> outputs;
    std::unique_ptr<HostSide> hostSide;
    int64_t elements = 0;                  // of what a readback or a condition reads
    std::vector<uint8_t> host;             // where it is copied to from device memory
    std::optional<Buffer> extraWorkspace;  // when the kernel wants more than the plan gives
};

// Steps of a segment as one launch, for the memory they were recorded with.
struct Recording {
    std::vector<const void*> key;
    uint64_t lastUse = 0;
    std::unique_ptr<device::ExecGraph> graph;
    bool stale = true;  // the graph, if any, was recorded with other memory
};

struct BoundSegment {
    std::vector<int64_t> key;  // values of Segment::keys
    uint64_t lastUse = 0;
    std::vector<BoundStep> steps;
    size_t recordable = 0;           // how many steps, from the first, can be recorded
    std::vector<int32_t> pointedTo;  // roots whose memory may be another in the next run
    std::vector<Recording> recordings;
    std::vector<std::vector<int64_t>>
        results;  // last segment: extents of the region's results (root: of all io)
};

using SegmentCache = std::vector<std::unique_ptr<BoundSegment>>;

// Everything bound for one set of input shapes.
struct Sequence {
    std::vector<int64_t> key;
    uint64_t lastUse = 0;
    size_t variant = 0;
    Dim::Values values;                             // of the input symbols
    std::vector<std::vector<SegmentCache>> caches;  // [region][segment]
};

// What binding a segment may look at.
struct BindScope {
    const Engine& engine;
    const LoadedVariant& variant;
    const Dim::Values& values;                         // all symbols known so far
    const std::vector<std::vector<void*>>& addresses;  // [region][tensor]
    device::ContextState& state;
    const int64_t* limits = nullptr;  // bytes of each io tensor, where they are a slice's
    bool recording = false;           // the device can record sequences
};

// Throws Error that names the step.
std::unique_ptr<BoundSegment> bindSegment(const BindScope& scope, int32_t region,
                                          const Segment& segment, bool last);

}  // namespace bireme::runtime
