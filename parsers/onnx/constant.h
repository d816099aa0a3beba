// SPDX-License-Identifier: Apache-2.0
// Constant tensors of a model: by reference where the file's bytes can be used as they are.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bireme/types.h"
#include "bireme/weights.h"
#include "parsers/common/arena.h"
#include "parsers/common/file.h"
#include "parsers/onnx/proto.h"

namespace bireme::onnx_import {

/// A constant tensor, row-major. `values` lives as long as the parser.
struct Constant {
    std::string name;
    DataType type = DataType::kFLOAT;
    Dims dims{};
    const void* values = nullptr;
    int64_t count = 0;

    Weights weights() const { return {type, values, count}; }
};

/// Library type of an ONNX element type. Throws Refusal for texts,
/// complex numbers and other types that have no counterpart.
DataType dataTypeOf(ElementType type, std::string_view of);
const char* elementTypeName(ElementType type);
const char* typeName(DataType type);
bool isFloating(DataType type);
bool isInteger(DataType type);

/// Elements as numbers. Types of 4 bits are refused.
std::vector<int64_t> toIntegers(const Constant& constant);
std::vector<double> toReals(const Constant& constant);

/// Owns all constants of a parser and the memory of those that had to be converted.
class ConstantPool {
public:
    /// `mapped`: the model's bytes where they are a mapped file, else empty.
    explicit ConstantPool(parsers::SideFiles files, std::string_view mapped = {})
        : files_(std::move(files)), mapped_(mapped) {}

    /// Throws Refusal when the tensor is inconsistent or its data is missing.
    const Constant* import(const TensorProto& tensor);
    /// The whole tensor, zeros and all.
    const Constant* import(const SparseTensorProto& tensor);

    /// A new constant whose `count` elements the caller writes through the returned pointer.
    struct Writable {
        const Constant* constant;
        void* values;
    };
    Writable make(std::string name, DataType type, const Dims& dims);
    const Constant* makeIntegers(std::string name, const std::vector<int64_t>& values);
    const Constant* makeReals(std::string name, DataType type, const Dims& dims,
                              const std::vector<double>& values);
    /// A constant of values that outlive the pool.
    const Constant* borrow(const Weights& values, const Dims& dims);
    /// The same elements under other dimensions of the same volume.
    const Constant* reshaped(const Constant& constant, const Dims& dims);

    /// Data for the initializer `name`, instead of what the model says. Borrowed.
    void supply(std::string name, std::string_view bytes) { supplied_[std::move(name)] = bytes; }

private:
    std::string_view dataOf(const TensorProto& tensor);
    const void* convert(const TensorProto& tensor, const Constant& constant);

    /// Tells the system that data that was copied is not needed in the file's memory.
    void release(const TensorProto& tensor, std::string_view raw) const;

    parsers::SideFiles files_;
    std::string_view mapped_;
    std::deque<Constant> constants_;
    parsers::Arena memory_;
    std::unordered_map<std::string, std::string_view> supplied_;
};

}  // namespace bireme::onnx_import
