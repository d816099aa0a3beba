// SPDX-License-Identifier: Apache-2.0
// Sequences and optionals. Where the length is known they are lists of values that exist in the
// parser alone; else one tensor of bytes holds them, packed as the operators list_* have it.
#pragma once

#include <memory>
#include <vector>

#include "parsers/onnx/net.h"

namespace bireme::onnx_import {

/// What is known of a list. An optional is a list of at most one element.
struct ListType {
    static constexpr int32_t kAnyRank = -1;
    static constexpr int32_t kNothing = -2;  ///< no element was ever there

    bool optional = false;
    DataType type = DataType::kFLOAT;
    Dims dims{kNothing, {}};                ///< of every element; -1 where they differ
    std::shared_ptr<const ListType> inner;  ///< where the elements are lists

    bool operator==(const ListType& other) const;
};
using ListTypePtr = std::shared_ptr<const ListType>;

struct List {
    ListType type;
    bool known = false;           ///< `elements` are all of them
    std::vector<Value> elements;  ///< where known
    ITensor* packed = nullptr;    ///< tensor of the network it lives in, once made
};

/// The type of the list, null for a tensor.
ListTypePtr listTypeOf(const Value& v);
ListType declaredType(const ValueInfoProto& info);
/// What fits both; throws Refusal where the elements' types differ.
ListType merge(const ListType& a, const ListType& b);

Value makeList(Net& net, std::vector<Value> elements, bool optional = false);
Value packedList(ITensor& bytes, const ListType& type);
ITensor& packed(Net& net, const Value& list);
/// Element at a position of a list whose length is not known.
Value elementAt(Net& net, const Value& list, ITensor& position);
/// The element of an optional; any other value as it is.
Value unwrapped(Net& net, const Value& v);
/// An optional of a value that is none yet, or what is in an optional, as it is declared.
Value asDeclared(Net& net, const Value& v, ValueInfoProto::Kind kind);

}  // namespace bireme::onnx_import
