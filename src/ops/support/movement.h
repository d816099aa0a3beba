// SPDX-License-Identifier: Apache-2.0
// How ops that only move elements do so: by bytes, so that every data type of at least 8 bits
// works.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace bireme::ops {

// Bytes of one element; Error for 4-bit types, whose elements have no address.
size_t elementBytes(DataType type);

// One element of `size` bytes (1, 2, 4 or 8).
void copyElement(void* to, const void* from, size_t size);

// Output 0 has the bytes of input 0 (views; any type).
void copyBytes(ir::EvalContext& c);

// to[index] = from[offset + sum(index[d] * strides[d])] over `dims`; strides and offset count
// elements.
void copyStrided(void* to, const void* from, size_t size, const std::vector<int64_t>& dims,
                 const std::vector<int64_t>& strides, int64_t offset = 0);

// to[index] = from[tables[d][index[d]] for every d]; a negative table entry takes `fill` (null:
// zeros). `dims` are the source's; the target's are the tables' sizes.
void copyByTables(void* to, const void* from, size_t size, const std::vector<int64_t>& dims,
                  const std::vector<std::vector<int64_t>>& tables, const void* fill = nullptr);

// Elements of an output whose op only moves elements of the `moved` inputs, found by letting its
// own eval move their positions. Works when those are known and all other present inputs are known
// numbers.
class KnownMove {
public:
    KnownMove(ir::InferContext& c, std::vector<int> moved);
    bool possible() const { return possible_; }
    ir::EvalContext& context() { return eval_; }
    void finish();

private:
    ir::EvalContext::In position(int input);

    ir::InferContext& c_;
    bool possible_ = true;
    std::deque<std::vector<int64_t>> numbers_;
    DimVector
        pool_;  // element k of the moved inputs together has position k + 1; position 0 is a zero
    ir::EvalContext eval_;
};

template <typename T>
void moveKnown(const T& op, ir::InferContext& c, void (*eval)(const T&, ir::EvalContext&),
               std::vector<int> moved) {
    KnownMove m(c, std::move(moved));
    if (!m.possible()) return;
    eval(op, m.context());
    m.finish();
}

}  // namespace bireme::ops
