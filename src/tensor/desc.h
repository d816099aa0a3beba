// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/dim.h"
#include "tensor/dtype.h"
#include "tensor/format.h"

#include <string>

namespace bireme {

// Where bytes live: the host, or device k of the engine (a CPU engine's device is the host itself).
struct Place {
    int8_t device = 0;  // -1 is the host
    static Place host() { return {-1}; }
    bool isHost() const { return device < 0; }
    bool operator==(const Place&) const = default;
};

// Dims are always in logical order; `format` says how they lie in memory.
struct TensorDesc {
    DataType type = DataType::kFLOAT;
    DimVector dims;
    Format format;
    Place place;

    int rank() const { return static_cast<int>(dims.size()); }
    bool operator==(const TensorDesc&) const = default;
    std::string text() const;  // "f32[N,3,224,224]", with "{0231}" after it when not linear
};

}  // namespace bireme
