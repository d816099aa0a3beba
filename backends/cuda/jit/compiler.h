// SPDX-License-Identifier: Apache-2.0
// Kernel text to machine code, by NVRTC, kept in memory and on disk by content.
#pragma once

#include "tensor/blob.h"

#include <string>
#include <string_view>
#include <vector>

namespace bireme::cuda {

struct DeviceProgram {
    std::string name;                  // for messages
    std::string source;                // may include any .cuh of backends/cuda/cu
    std::vector<std::string> options;  // "-DN=4"
};

// The cubin of a program for one architecture (90 is compute capability 9.0; it may use what
// sm_90a has). Thread-safe; throws Error with the compiler's log. What was compiled before with the
// same text, options, architecture and compiler comes from the cache (BIREME_CACHE).
Blob compile(const DeviceProgram& program, int architecture);

// A program whose source is a file of backends/cuda/cu.
DeviceProgram programOf(std::string_view file, std::vector<std::string> options = {});

}  // namespace bireme::cuda
