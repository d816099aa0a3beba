// SPDX-License-Identifier: Apache-2.0
// The one table of field numbers of the ONNX file format.
#pragma once

#include "parsers/protobuf/wire.h"

namespace bireme::protobuf::onnx {

namespace model {
inline constexpr Field irVersion{1, "ModelProto.ir_version"};
inline constexpr Field producerName{2, "ModelProto.producer_name"};
inline constexpr Field producerVersion{3, "ModelProto.producer_version"};
inline constexpr Field graph{7, "ModelProto.graph"};
inline constexpr Field opsetImport{8, "ModelProto.opset_import"};
inline constexpr Field functions{25, "ModelProto.functions"};
}  // namespace model

namespace graph {
inline constexpr Field node{1, "GraphProto.node"};
inline constexpr Field name{2, "GraphProto.name"};
inline constexpr Field initializer{5, "GraphProto.initializer"};
inline constexpr Field input{11, "GraphProto.input"};
inline constexpr Field output{12, "GraphProto.output"};
inline constexpr Field valueInfo{13, "GraphProto.value_info"};
inline constexpr Field sparseInitializer{15, "GraphProto.sparse_initializer"};
}  // namespace graph

namespace node {
inline constexpr Field input{1, "NodeProto.input"};
inline constexpr Field output{2, "NodeProto.output"};
inline constexpr Field name{3, "NodeProto.name"};
inline constexpr Field opType{4, "NodeProto.op_type"};
inline constexpr Field attribute{5, "NodeProto.attribute"};
inline constexpr Field domain{7, "NodeProto.domain"};
inline constexpr Field overload{8, "NodeProto.overload"};
}  // namespace node

namespace attribute {
inline constexpr Field name{1, "AttributeProto.name"};
inline constexpr Field f{2, "AttributeProto.f"};
inline constexpr Field i{3, "AttributeProto.i"};
inline constexpr Field s{4, "AttributeProto.s"};
inline constexpr Field t{5, "AttributeProto.t"};
inline constexpr Field g{6, "AttributeProto.g"};
inline constexpr Field floats{7, "AttributeProto.floats"};
inline constexpr Field ints{8, "AttributeProto.ints"};
inline constexpr Field strings{9, "AttributeProto.strings"};
inline constexpr Field graphs{11, "AttributeProto.graphs"};
inline constexpr Field type{20, "AttributeProto.type"};
inline constexpr Field refAttrName{21, "AttributeProto.ref_attr_name"};
inline constexpr Field sparseTensor{22, "AttributeProto.sparse_tensor"};
}  // namespace attribute

namespace tensor {
inline constexpr Field dims{1, "TensorProto.dims"};
inline constexpr Field dataType{2, "TensorProto.data_type"};
inline constexpr Field segment{3, "TensorProto.segment"};
inline constexpr Field floatData{4, "TensorProto.float_data"};
inline constexpr Field int32Data{5, "TensorProto.int32_data"};
inline constexpr Field stringData{6, "TensorProto.string_data"};
inline constexpr Field int64Data{7, "TensorProto.int64_data"};
inline constexpr Field name{8, "TensorProto.name"};
inline constexpr Field rawData{9, "TensorProto.raw_data"};
inline constexpr Field doubleData{10, "TensorProto.double_data"};
inline constexpr Field uint64Data{11, "TensorProto.uint64_data"};
inline constexpr Field externalData{13, "TensorProto.external_data"};
inline constexpr Field dataLocation{14, "TensorProto.data_location"};
}  // namespace tensor

namespace sparse {
inline constexpr Field values{1, "SparseTensorProto.values"};
inline constexpr Field indices{2, "SparseTensorProto.indices"};
inline constexpr Field dims{3, "SparseTensorProto.dims"};
}  // namespace sparse

namespace value_info {
inline constexpr Field name{1, "ValueInfoProto.name"};
inline constexpr Field type{2, "ValueInfoProto.type"};
}  // namespace value_info

namespace type {
inline constexpr Field tensorType{1, "TypeProto.tensor_type"};
inline constexpr Field sequenceType{4, "TypeProto.sequence_type"};
inline constexpr Field mapType{5, "TypeProto.map_type"};
inline constexpr Field sparseTensorType{8, "TypeProto.sparse_tensor_type"};
inline constexpr Field optionalType{9, "TypeProto.optional_type"};
}  // namespace type

// TypeProto.Sequence and TypeProto.Optional have the same one field.
namespace list_type {
inline constexpr Field elemType{1, "TypeProto.Sequence.elem_type"};
}  // namespace list_type

namespace tensor_type {
inline constexpr Field elemType{1, "TypeProto.Tensor.elem_type"};
inline constexpr Field shape{2, "TypeProto.Tensor.shape"};
}  // namespace tensor_type

namespace shape {
inline constexpr Field dim{1, "TensorShapeProto.dim"};
inline constexpr Field dimValue{1, "TensorShapeProto.Dimension.dim_value"};
inline constexpr Field dimParam{2, "TensorShapeProto.Dimension.dim_param"};
}  // namespace shape

namespace opset {
inline constexpr Field domain{1, "OperatorSetIdProto.domain"};
inline constexpr Field version{2, "OperatorSetIdProto.version"};
}  // namespace opset

namespace entry {
inline constexpr Field key{1, "StringStringEntryProto.key"};
inline constexpr Field value{2, "StringStringEntryProto.value"};
}  // namespace entry

namespace function {
inline constexpr Field name{1, "FunctionProto.name"};
inline constexpr Field input{4, "FunctionProto.input"};
inline constexpr Field output{5, "FunctionProto.output"};
inline constexpr Field attribute{6, "FunctionProto.attribute"};
inline constexpr Field node{7, "FunctionProto.node"};
inline constexpr Field opsetImport{9, "FunctionProto.opset_import"};
inline constexpr Field domain{10, "FunctionProto.domain"};
inline constexpr Field attributeProto{11, "FunctionProto.attribute_proto"};
inline constexpr Field overload{13, "FunctionProto.overload"};
}  // namespace function

}  // namespace bireme::protobuf::onnx
