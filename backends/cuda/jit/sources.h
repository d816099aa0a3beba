// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace bireme::cuda {

// A file of backends/cuda/cu, embedded by the build: kernels (.cu) and headers (.cuh).
struct DeviceSource {
    std::string_view name, text;
};
const std::vector<DeviceSource>& deviceSources();
std::string_view deviceSource(std::string_view name);  // asserts that it exists

}  // namespace bireme::cuda
