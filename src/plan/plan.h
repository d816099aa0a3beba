// SPDX-License-Identifier: Apache-2.0
// The product of a build, and all that running needs: pure data.
#pragma once

#include "base/pages.h"
#include "tensor/blob.h"
#include "tensor/desc.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bireme::plan {

enum class Storage : uint8_t {
    arena,     // at `offset` of the variant's arena of the tensor's place
    input,     // the user's buffer of io tensor `index`
    output,    // the user's buffer of io tensor `index`
    constant,  // constants[index]
    deferred,  // allocated when its extents are known
    parent,   // in a child region: tensor `index` of the parent's step operands (inputs first, then
              // outputs)
    extents,  // `elements`, evaluated when kernels are bound: shapes as integer tensors
};

struct PlanTensor {
    std::string name;
    TensorDesc desc;  // symbolic dims, final type and format
    Storage storage = Storage::arena;
    int64_t offset = 0;
    int32_t index = -1;
    int32_t aliasOf =
        -1;  // tensor whose memory this one is (a part of); its format tells strides and offset
    DimVector elements;  // of storage extents, row-major
};

enum class StepKind : uint8_t { kernel, convert, readback, conditional, loop };

// Extents and elements that become known by running a step.
struct DefinedSymbol {
    std::string symbol;
    int32_t tensor = -1;  // tensor of this region
    int32_t index = 0;    // which dim (kernel steps) or element (readback)
};

// A way that was weighed for a step: the time that it took, or why it does not go.
struct Considered {
    std::string tactic;
    float milliseconds = 0;
    std::string reason;  // empty for one that goes
};

struct Region;

struct Step {
    StepKind kind = StepKind::kernel;
    std::string name;                  // of the layer in the engine
    std::vector<std::string> origins;  // the user's layers it does the work of
    std::string kernel;                // factory name; convert steps have one too
    std::string tactic;                // text of the tactic, for people
    Blob kernelBytes;                  // Kernel::save; of a loop, plan/loop.h
    std::string recipe;                // group as text: what to make the kernel from again
    std::vector<int32_t> inputs,
        outputs;                     // tensors of the region; -1 absent. readback reads inputs[0].
    std::vector<int32_t> constants;  // packed constants, indices into Plan::constants
    std::vector<std::string> constantLayouts;
    std::vector<DefinedSymbol> defines;
    int64_t workspaceOffset = 0;  // in the arena
    int64_t workspaceBound = 0;
    float milliseconds = 0;  // measured at build, 0 when not timed
    // Of detailed engines: arithmetic operations, and bytes that have to be read and written; -1
    // where they are not known.
    Dim operations = -1, bytes = -1;
    int32_t device = 0;  // of the engine's; 1 beside a GPU is the host
    int32_t stream = 0;
    std::vector<int32_t> waits, signals;  // events between streams
    std::string metadata;
    std::vector<Considered> considered;  // beside the chosen one; of detailed engines
    std::vector<Region> children;  // conditional: then, else (input 0 is the condition); loop: body
};

struct Region {
    std::vector<PlanTensor> tensors;
    std::vector<Step> steps;
    std::vector<int32_t>
        outputs;  // of a child region: its results, in the order of the step's outputs
};

// Where the value of a symbol comes from at run time.
struct InputSymbol {
    std::string symbol;
    int32_t io = 0;     // io tensor
    int32_t index = 0;  // which dim, or which element when `element`
    bool element = false;
};

// A batch whose samples the steps treat each by itself: they run on a few at a time (the first
// extent of the tensors), in lanes beside each other that have a thread and scratch each.
struct Slices {
    int64_t extent = 0;  // samples at a time; 0: the steps run once, on all
    int32_t lanes = 1;
    std::string symbol;  // that the steps name the extent by, where fewer may be left at the end
};

// A box of input ranges (a profile, or a part of one) with its steps.
struct Variant {
    int32_t profile = 0;
    std::vector<std::pair<std::string, DimRange>> ranges;  // of every symbol
    std::vector<InputSymbol> inputSymbols;
    // Values of `inputSymbols` that the steps were timed at; of several variants that take the
    // inputs, the one with the nearest point runs (runtime/shapes.h).
    std::vector<std::vector<int64_t>> points;
    Region root;
    int64_t arenaBytes = 0;  // at the upper bounds; of a lane, where there are slices
    Slices slices;

    int64_t laneBytes() const { return (arenaBytes + 4095) / 4096 * 4096; }
    // The reported device memory.
    int64_t scratchBytes() const { return slices.extent ? laneBytes() * slices.lanes : arenaBytes; }
};

struct ProfileShape {
    std::vector<int64_t> min, opt, max;                    // dims of a dynamic input
    std::vector<int64_t> minValues, optValues, maxValues;  // elements of a shape input
};

struct IoTensor {
    std::string name;
    TensorDesc desc;  // dims with symbols; format as the user sees it
    std::vector<std::string> dimNames;
    bool input = false;
    bool shapeTensor = false;            // values are needed on the host to know shapes
    std::vector<ProfileShape> profiles;  // inputs: one per profile
};

struct ConstantRef {
    uint64_t offset = 0;  // in `weights`
    uint64_t size = 0;
    std::string name;     // of the weights in their source, or of the layer
    bool halves = false;  // floats that are all FP16 numbers, and such in a file (plan/halves.h)
};

// What one pass of the optimizer did to the network.
struct Optimization {
    std::string pass;
    int64_t rewrites = 0;
    int64_t layersBefore = 0, layersAfter = 0;
    int64_t operationsSaved = 0, bytesSaved = 0;  // estimates at the shapes that were tuned for
    std::vector<std::string> notes;               // what was done, and why something was not
};

// A layer of the network as it was given; `inputs` are the layers that make its operands, -1 for
// an input of the network.
struct SourceLayer {
    std::string name, op;
    std::vector<int32_t> inputs;
};

// A weight of the network that is kept: a constant of the steps, or one of its own, and how the
// elements of the weight lie in it.
struct KeptWeight {
    int32_t constant = -1;
    TensorDesc desc;
};

// A shared object with plugins that travels in the engine file.
struct PluginLibrary {
    std::string name;  // the path it was read from
    std::vector<uint8_t> bytes;
};

struct Plan {
    std::string name;
    std::vector<std::pair<std::string, std::string>>
        metadata;  // version, backend, libraries, build options
    std::vector<std::pair<std::string, std::string>> fingerprint;  // of the device it was built for
    std::string backend;                                           // whose device runs it
    int32_t threads = 0;                                           // CPU threads; 0: all
    int32_t profileCount = 1;
    uint8_t profilingVerbosity = 0;
    std::vector<IoTensor> io;  // inputs, then outputs
    std::vector<Variant> variants;
    std::vector<ConstantRef> constants;
    std::vector<Optimization> optimizations;  // in the order of the passes
    std::vector<SourceLayer> network;         // of detailed engines
    std::vector<PluginLibrary> libraries;     // loaded before the kernels
    // The network after its rewrites, to build from again (builder/kept_network.h); empty when it
    // was not kept. Its last inputs are the weights.
    std::vector<uint8_t> keptNetwork;
    std::vector<KeptWeight> keptWeights;
    Blob weights;  // 64-byte aligned constants, one after another
    // Of a plan that was just built: the memory of `weights`, with room for all that precedes them
    // in a file.
    std::shared_ptr<GrowingPages> pages;

    std::string metadataValue(const std::string& key) const {
        for (const auto& [k, v] : metadata)
            if (k == key) return v;
        return {};
    }
};

}  // namespace bireme::plan
