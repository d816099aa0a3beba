// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Distinct elements, or distinct slices along an axis. Outputs: values, first index of each,
// index of each input's value, counts.
struct Unique {
    bool alongAxis = false;  // else x is read as a list
    int64_t axis = 0;
    bool sorted = true;  // else in the order of their first appearance
    void fields(FieldVisitor& v) {
        v.field(1, "alongAxis", alongAxis);
        v.field(2, "axis", axis);
        v.field(3, "sorted", sorted);
    }
};

}  // namespace bireme::ops
