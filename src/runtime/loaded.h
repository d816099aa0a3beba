// SPDX-License-Identifier: Apache-2.0
// What loading works out once about the regions of a plan, for all contexts.
#pragma once

#include "device/backend.h"
#include "device/kernel.h"
#include "plan/loop.h"
#include "plan/plan.h"
#include "plan/sizes.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bireme::runtime {

// A symbol that a step gives its value: extent `index` of output `output`, or element `index` that
// is read back.
struct LoadedDefine {
    int32_t symbol = 0;  // into LoadedVariant::symbols
    int32_t output = -1;
    int32_t index = 0;
};

// A symbol that is an extent of a carried value, and so has a value in every turn of a loop.
struct LoadedExtent {
    int32_t symbol = 0;  // into LoadedVariant::symbols
    int32_t carried = 0;
    int32_t index = 0;
};

struct LoadedStep {
    const plan::Step* plan = nullptr;
    std::shared_ptr<device::Kernel> kernel;  // kernel and convert steps
    device::Device* host = nullptr;          // the device of a step that runs beside a GPU
    std::vector<const void*> constants;
    std::vector<LoadedDefine> defines;
    std::vector<int32_t> children;  // into LoadedVariant::regions
    std::unique_ptr<plan::LoopForm> loop;
    std::vector<LoadedExtent> turnExtents;  // of a loop
};

// Steps that are bound together: a step that defines symbols ends its segment.
struct Segment {
    int32_t begin = 0, end = 0;
    std::vector<int32_t> keys;  // symbols of steps that the dims in it use; with the input shapes
                                // they decide its kernels
};

struct LoadedRegion {
    const plan::Region* plan = nullptr;
    int32_t parent = -1;  // region; -1 for the root
    const plan::Step* owner = nullptr;
    size_t passed = 0;  // of a loop's region: so many operands are others in every turn
    std::vector<LoadedStep> steps;
    std::vector<int32_t> defined;   // symbols that they define, anew whenever the region runs
    std::vector<Segment> segments;  // never empty; the last one also gives the region's results
    std::vector<int32_t> roots;     // of every tensor: whose memory it is in
    std::vector<std::vector<int32_t>> views;                 // of every root
    std::map<int32_t, std::map<int32_t, int32_t>> readBack;  // tensor -> element -> symbol
};

struct LoadedVariant {
    const plan::Variant* plan = nullptr;
    plan::SymbolRanges ranges;
    std::vector<std::string> symbols;   // those that steps define
    std::vector<LoadedRegion> regions;  // the root is 0
    size_t steps = 0;                   // of all regions
};

// Everything but kernels and constants. The plan must outlive the result.
std::unique_ptr<LoadedVariant> analyse(const plan::Plan& plan, const plan::Variant& variant);

}  // namespace bireme::runtime
