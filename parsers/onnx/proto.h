// SPDX-License-Identifier: Apache-2.0
// An ONNX model in memory: plain structs whose raw data are views into the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bireme::protobuf {
class Texts;
}

namespace bireme::onnx_import {

/// TensorProto.DataType.
enum class ElementType : int32_t {
    kUndefined = 0,
    kFloat = 1,
    kUint8 = 2,
    kInt8 = 3,
    kUint16 = 4,
    kInt16 = 5,
    kInt32 = 6,
    kInt64 = 7,
    kString = 8,
    kBool = 9,
    kFloat16 = 10,
    kDouble = 11,
    kUint32 = 12,
    kUint64 = 13,
    kComplex64 = 14,
    kComplex128 = 15,
    kBfloat16 = 16,
    kFloat8E4M3FN = 17,
    kFloat8E4M3FNUZ = 18,
    kFloat8E5M2 = 19,
    kFloat8E5M2FNUZ = 20,
    kUint4 = 21,
    kInt4 = 22,
    kFloat4E2M1 = 23,
    kFloat8E8M0 = 24,
    kUint2 = 25,
    kInt2 = 26,
};

/// AttributeProto.AttributeType.
enum class AttributeType : int32_t {
    kUndefined = 0,
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8,
    kTensors = 9,
    kGraphs = 10,
    kSparseTensor = 11,
    kSparseTensors = 12,
    kTypeProto = 13,
    kTypeProtos = 14,
};

struct ExternalEntry {
    std::string_view key;
    std::string_view value;
};

/// Data lies in exactly one place: `raw`, a typed list, or a file beside the model.
struct TensorProto {
    std::string_view name;
    ElementType type = ElementType::kUndefined;
    std::vector<int64_t> dims;
    std::string_view raw;           ///< little-endian elements, any alignment
    std::vector<float> floats;      ///< FLOAT when unpacked or in pieces
    std::vector<int64_t> integers;  ///< all integer lists; narrower types widened
    std::vector<double> doubles;
    bool rawIsFloats = false;  ///< `raw` came from float_data
    bool hasStrings = false;
    bool isExternal = false;
    std::vector<ExternalEntry> external;
};

/// Few values of a tensor of zeros. `indices`: [count] into the flat tensor, or [count, rank].
struct SparseTensorProto {
    TensorProto values;  ///< has the name of the whole
    TensorProto indices;
    std::vector<int64_t> dims;
};

struct GraphProto;

struct AttributeProto {
    std::string_view name;
    AttributeType type = AttributeType::kUndefined;
    float f = 0;
    int64_t i = 0;
    std::string_view s;
    std::vector<float> floats;
    std::vector<int64_t> ints;
    std::vector<std::string_view> strings;
    std::shared_ptr<TensorProto> t;
    std::shared_ptr<SparseTensorProto> sparse;
    std::shared_ptr<GraphProto> g;
    std::string_view refAttrName;  ///< inside a function: the caller's attribute of this name
};

struct NodeProto {
    std::vector<std::string_view> inputs;  ///< empty text: absent
    std::vector<std::string_view> outputs;
    std::string_view name;
    std::string_view opType;
    std::string_view domain;  ///< "ai.onnx" is stored as ""
    std::string_view overload;
    std::vector<AttributeProto> attributes;
};

/// `value` is -1 where the extent is not a number; `symbol` may then name it.
struct DimProto {
    int64_t value = -1;
    std::string_view symbol;
};

struct ValueInfoProto {
    enum class Kind : uint8_t { kNone, kTensor, kSequence, kMap, kSparse, kOptional };
    std::string_view name;
    Kind kind = Kind::kNone;
    ElementType type = ElementType::kUndefined;
    bool hasShape = false;
    std::vector<DimProto> dims;
    std::shared_ptr<ValueInfoProto> element;  ///< of a sequence or optional
};

struct GraphProto {
    std::string_view name;
    std::vector<NodeProto> nodes;
    std::vector<TensorProto> initializers;
    std::vector<ValueInfoProto> inputs;
    std::vector<ValueInfoProto> outputs;
    std::vector<ValueInfoProto> inner;  ///< what the exporter says of other values
    std::vector<SparseTensorProto> sparseInitializers;
};

struct OpsetId {
    std::string_view domain;  ///< "ai.onnx" is stored as ""
    int64_t version = 0;
};

struct FunctionProto {
    std::string_view name;
    std::string_view domain;
    std::string_view overload;
    std::vector<std::string_view> inputs;
    std::vector<std::string_view> outputs;
    std::vector<NodeProto> nodes;
    std::vector<OpsetId> opsets;
    std::vector<AttributeProto> defaults;
};

struct ModelProto {
    int64_t irVersion = 0;
    std::string_view producerName;
    std::string_view producerVersion;
    std::vector<OpsetId> opsets;
    std::optional<GraphProto> graph;
    std::vector<FunctionProto> functions;
    /// Names are copies: a look at one that lies between weights would map those around it again.
    std::shared_ptr<const protobuf::Texts> texts;
};

/// Reads the bytes of a model. Throws protobuf::Malformed; raw data and attributes' texts are views
/// that live as long as `bytes`.
ModelProto decodeModel(std::string_view bytes);

/// Reads one tensor, as ONNX test data holds it. Throws protobuf::Malformed.
TensorProto decodeTensor(std::string_view bytes);

}  // namespace bireme::onnx_import
