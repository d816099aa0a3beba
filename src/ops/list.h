// SPDX-License-Identifier: Apache-2.0
// Lists of tensors (ONNX's sequences and optionals), which lie packed in one tensor of bytes:
// ops/support/packed_list.h has the layout. Elements may differ in type and shape, and be lists.
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Any number of tensors as a list.
struct ListPack {
    void fields(FieldVisitor&) {}
};

// Inputs: list, tensor, position from -n to n (optional: at the end).
struct ListInsert {
    void fields(FieldVisitor&) {}
};

// Inputs: list, position from -n to n - 1 (optional: the last).
struct ListErase {
    void fields(FieldVisitor&) {}
};

// Element at a position from -n to n - 1, of a type and extents that are promised; -1 is unknown.
struct ListAt {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    void fields(FieldVisitor& v) {
        v.field(1, "type", type);
        v.field(2, "dims", dims);
    }
};

// The number of elements, a scalar (i64).
struct ListLength {
    void fields(FieldVisitor&) {}
};

// All elements along one axis, which is new where they are stacked. `dims` are those of the result.
struct ListJoin {
    int64_t axis = 0;
    bool stack = false;
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "stack", stack);
        v.field(3, "type", type);
        v.field(4, "dims", dims);
    }
};

// Inputs: tensor, extents of the parts (optional): one for all, the last may be smaller, or a list
// of them. Without it every part is one slice, whose axis goes away unless keepDims.
struct ListSplit {
    int64_t axis = 0;
    bool keepDims = true;
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "keepDims", keepDims);
    }
};

}  // namespace bireme::ops
