// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Short-time Fourier transform. Inputs: signal [B,L,1|2], frame step, window [n] (optional), frame
// length (optional). Output [B,frames,bins,2].
struct Stft {
    bool onesided = true;
    void fields(FieldVisitor& v) { v.field(1, "onesided", onesided); }
};

}  // namespace bireme::ops
