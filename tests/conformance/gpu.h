// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

namespace bireme::conformance {

// Stands for a GPU of a compute capability where there is none: kernels can be made for it and
// saved, not run.
device::Device& absentGpu(int architecture);

}  // namespace bireme::conformance
