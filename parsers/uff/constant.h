// SPDX-License-Identifier: Apache-2.0
// Constant tensors of a UFF file: by reference where the file's bytes can be used as they are.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "bireme/dims.h"
#include "bireme/types.h"
#include "bireme/weights.h"
#include "parsers/common/arena.h"
#include "parsers/uff/file.h"

namespace bireme::uff_import {

/// A constant tensor, row-major, of type FLOAT, HALF, INT32 or INT64.
struct Constant {
    std::string name;
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    const void* values = nullptr;
    int64_t count = 0;

    Weights weights() const { return {type, values, count}; }
};

/// Library type of a UFF element type; INT8 and INT16 become INT32. Throws Refusal.
DataType dataTypeOf(int64_t element);
/// TensorFlow's name, for messages.
const char* typeName(DataType type);

/// Elements as numbers; integers only from integer types. Throws Refusal.
std::vector<int64_t> toIntegers(const Constant& constant);
std::vector<double> toReals(const Constant& constant);

/// Owns all constants of one file and the memory of those that had to be converted.
class ConstantPool {
public:
    /// \param halfWeights reals keep no more precision than half
    explicit ConstantPool(bool halfWeights) : halfWeights_(halfWeights) {}

    /// `bytes` are the elements, little-endian.
    const Constant* import(std::string name, int64_t element, const std::vector<int64_t>& dims,
                           std::string_view bytes);
    const Constant* integers(DataType type, const std::vector<int64_t>& dims,
                             const std::vector<int64_t>& values);
    /// FLOAT or HALF.
    const Constant* reals(DataType type, const std::vector<int64_t>& dims,
                          const std::vector<double>& values);
    /// A constant of values that outlive the pool.
    const Constant* borrow(const Weights& values, const std::vector<int64_t>& dims);
    /// The same elements under other dimensions of the same volume.
    const Constant* reshaped(const Constant& constant, const std::vector<int64_t>& dims);
    /// numpy's transpose: dimension i of the result is dimension `perm[i]` of the constant.
    const Constant* transposed(const Constant& constant, const std::vector<int>& perm);

private:
    void* make(Constant& c);
    const Constant* keep(Constant c);

    bool halfWeights_;
    std::deque<Constant> constants_;
    parsers::Arena memory_;
    std::map<std::pair<const Constant*, std::vector<int>>, const Constant*> transposed_;
};

}  // namespace bireme::uff_import
