// SPDX-License-Identifier: Apache-2.0
// The one table of Caffe's messages: names for the text form, numbers for the binary one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/protobuf/wire.h"

namespace bireme::caffe_import {

enum class Kind { kINT, kREAL, kBOOL, kTEXT, kENUM, kMESSAGE };

struct MessageType;

struct FieldType {
    std::string name;
    uint32_t number;
    Kind kind;
    bool repeated;
    const MessageType* message = nullptr;                       ///< of kMESSAGE
    std::vector<std::pair<std::string, int64_t>> choices = {};  ///< of kENUM
    std::string qualified = {};                                 ///< "LayerParameter.name"
};

struct MessageType {
    MessageType(std::string n, std::vector<FieldType> f);
    /// Null when there is none.
    const FieldType* find(std::string_view name) const;
    /// For the binary reader. The name must exist.
    protobuf::Field wire(std::string_view name) const;

    std::string name;
    std::vector<FieldType> fields;
};

/// The root of all files that hold networks; its types `layer` and `layers` hang below.
const MessageType& netParameter();
const MessageType& layerParameter();
const MessageType& v1LayerParameter();
const MessageType& v0LayerParameter();
const MessageType& blobProto();
const MessageType& blobShape();

/// Type of a V1 layer as the text that replaced its number; empty when there is none.
std::string_view v1TypeName(int64_t number);

}  // namespace bireme::caffe_import
