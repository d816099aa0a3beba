// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <cstdint>
#include <string>

namespace bireme::plan {

struct DescribeOptions {
    bool detailed = true;                  // shapes, formats, tactics, times; else the names alone
    bool layers = true;                    // else what an engine built to hide them tells
    int32_t variant = 0;                   // whose layers
    const Dim::Values* symbols = nullptr;  // fills run-time extents
};

// Layers are the steps of a variant's root region.
int32_t layerCount(const Plan& plan, int32_t variant = 0);
std::string layerText(const Plan& plan, int32_t layer, const DescribeOptions& options);  // one line
std::string layerJson(const Plan& plan, int32_t layer,
                      const DescribeOptions& options);  // one object

// The whole engine for people: what it was built for, inputs and outputs, layers, sizes, times.
std::string engineText(const Plan& plan, const DescribeOptions& options);
// {"Layers": [...], "Bindings": [names], "Name", "Backend", "Metadata", "Device", "WeightsBytes",
// "ScratchBytes", "Tensors": [inputs and outputs], "Network": [layers as they were given], ...}
std::string engineJson(const Plan& plan, const DescribeOptions& options);

// What the optimizer did, pass by pass, as a table with the reasons below each pass.
std::string optimizationsText(const Plan& plan);
// [{"Pass", "Rewrites", "LayersBefore", "LayersAfter", "OperationsSaved", "BytesSaved", "Notes"}]
std::string optimizationsJson(const Plan& plan);

}  // namespace bireme::plan
