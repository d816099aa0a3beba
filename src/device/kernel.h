// SPDX-License-Identifier: Apache-2.0
// The run interface of one kernel. Only bind may be slow; enqueue allocates nothing, locks nothing,
// throws nothing.
#pragma once

#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "tensor/desc.h"
#include "tensor/format.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bireme::device {

class Stream;

// A tensor with numbers for dims; dims of a deferred output are -1 until the kernel tells them.
struct TensorShape {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    Format format;
    bool present = true;  // false for an absent optional input
    bool operator==(const TensorShape&) const = default;
};

struct Shapes {
    std::vector<TensorShape> inputs;
    std::vector<TensorShape> outputs;
    std::vector<const void*>
        constants;  // packed constants of the kernel, valid as long as the engine
    // Host bytes of integer inputs that are already computed when bind runs (shape tensors), else
    // null.
    std::vector<const void*> hostInputs;
};

// State that a kernel keeps per execution context (plugins, random generators).
struct KernelState {
    virtual ~KernelState() = default;
};

class Kernel;

// What one execution context lends to its kernels while they bind.
struct ContextState {
    Log log;
    std::map<const Kernel*, std::unique_ptr<KernelState>> states;
};

// Where a kernel puts an output whose extents only running tells.
class OutputSink {
public:
    virtual ~OutputSink() = default;
    // Memory for output `output` with these dims (dense, linear); null when out of memory.
    virtual void* resize(int output, const int64_t* dims, int rank) noexcept = 0;
};

struct Launch {
    const void* const* inputs = nullptr;  // null for an absent input
    void* const* outputs = nullptr;       // null for a deferred output: use the sink
    const void* const* constants = nullptr;
    void* workspace = nullptr;
    OutputSink* sink = nullptr;
};

// A kernel made ready for one shape in one context.
class Bound {
public:
    virtual ~Bound() = default;
    virtual size_t workspace() const noexcept { return 0; }
    virtual Status enqueue(Stream& stream, const Launch& launch) noexcept = 0;
    // One line for the inspector: which implementation serves this shape ("brgconv:avx2").
    virtual std::string implementation() const { return {}; }
};

// Immutable and thread-safe once made; shared by all contexts of an engine.
class Kernel {
public:
    virtual ~Kernel() = default;
    // Upper bound of any bound kernel's workspace for shapes within [min, max]; the planner
    // reserves it.
    virtual size_t workspaceBound(const Shapes& min, const Shapes& opt,
                                  const Shapes& max) const = 0;
    // May allocate, compile, plan; throws Error. Called with the engine's thread count set.
    virtual std::unique_ptr<Bound> bind(const Shapes& shapes, ContextState& context) const = 0;
    virtual void save(ByteWriter& out) const = 0;
    // Does enqueue nothing but put work on the stream? Only then may it be part of a recorded
    // sequence, which is launched without calling it again.
    virtual bool recordable() const { return true; }
};

}  // namespace bireme::device
