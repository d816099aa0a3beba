// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Weights that turn spectra into mel bands. Inputs, all scalars: bands, DFT length, sample rate,
// lower and upper edge in Hz. Output [length/2+1, bands].
struct MelWeightMatrix {
    DataType type = DataType::kFLOAT;
    void fields(FieldVisitor& v) { v.field(1, "type", type); }
};

}  // namespace bireme::ops
