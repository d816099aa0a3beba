// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// y = x / (k + alpha / window * sum over the channel window of x^2)^beta.
struct Lrn {
    int64_t window = 5;
    float alpha = 1e-4f;
    float beta = 0.75f;
    float k = 1;
    void fields(FieldVisitor& v) {
        v.field(1, "window", window);
        v.field(2, "alpha", alpha);
        v.field(3, "beta", beta);
        v.field(4, "k", k);
    }
};

}  // namespace bireme::ops
