// SPDX-License-Identifier: Apache-2.0
// The one table of field numbers of TensorFlow's GraphDef.
#pragma once

#include "parsers/protobuf/wire.h"

namespace bireme::protobuf::tensorflow {

namespace graph {
inline constexpr Field node{1, "GraphDef.node"};
}  // namespace graph

namespace node {
inline constexpr Field name{1, "NodeDef.name"};
inline constexpr Field op{2, "NodeDef.op"};
inline constexpr Field input{3, "NodeDef.input"};
inline constexpr Field attr{5, "NodeDef.attr"};
}  // namespace node

namespace entry {
inline constexpr Field key{1, "map entry.key"};
inline constexpr Field value{2, "map entry.value"};
}  // namespace entry

namespace attr {
inline constexpr Field list{1, "AttrValue.list"};
inline constexpr Field s{2, "AttrValue.s"};
inline constexpr Field i{3, "AttrValue.i"};
inline constexpr Field f{4, "AttrValue.f"};
inline constexpr Field b{5, "AttrValue.b"};
inline constexpr Field type{6, "AttrValue.type"};
inline constexpr Field shape{7, "AttrValue.shape"};
inline constexpr Field tensor{8, "AttrValue.tensor"};
}  // namespace attr

namespace list {
inline constexpr Field s{2, "AttrValue.ListValue.s"};
inline constexpr Field i{3, "AttrValue.ListValue.i"};
inline constexpr Field f{4, "AttrValue.ListValue.f"};
inline constexpr Field b{5, "AttrValue.ListValue.b"};
inline constexpr Field type{6, "AttrValue.ListValue.type"};
}  // namespace list

namespace shape {
inline constexpr Field dim{2, "TensorShapeProto.dim"};
inline constexpr Field unknownRank{3, "TensorShapeProto.unknown_rank"};
inline constexpr Field size{1, "TensorShapeProto.Dim.size"};
}  // namespace shape

namespace tensor {
inline constexpr Field dtype{1, "TensorProto.dtype"};
inline constexpr Field shape{2, "TensorProto.tensor_shape"};
inline constexpr Field content{4, "TensorProto.tensor_content"};
inline constexpr Field floats{5, "TensorProto.float_val"};
inline constexpr Field doubles{6, "TensorProto.double_val"};
inline constexpr Field ints{7, "TensorProto.int_val"};
inline constexpr Field int64s{10, "TensorProto.int64_val"};
inline constexpr Field halves{13, "TensorProto.half_val"};
}  // namespace tensor

}  // namespace bireme::protobuf::tensorflow
