// SPDX-License-Identifier: Apache-2.0
// The one table of field numbers of the UFF format.
#pragma once

#include "parsers/protobuf/wire.h"

namespace bireme::protobuf::uff {

namespace meta {
inline constexpr Field version{1, "MetaGraph.version"};
inline constexpr Field coreVersion{2, "MetaGraph.descriptor_core_version"};
inline constexpr Field descriptors{3, "MetaGraph.descriptors"};
inline constexpr Field graphs{4, "MetaGraph.graphs"};
inline constexpr Field referenced{5, "MetaGraph.referenced_data"};
}  // namespace meta

namespace descriptor {
inline constexpr Field id{1, "Descriptor.id"};
inline constexpr Field version{2, "Descriptor.version"};
inline constexpr Field optional{3, "Descriptor.optional"};
}  // namespace descriptor

namespace graph {
inline constexpr Field id{1, "Graph.id"};
inline constexpr Field nodes{2, "Graph.nodes"};
}  // namespace graph

namespace node {
inline constexpr Field id{1, "Node.id"};
inline constexpr Field inputs{2, "Node.inputs"};
inline constexpr Field operation{3, "Node.operation"};
inline constexpr Field fields{4, "Node.fields"};
}  // namespace node

namespace entry {
inline constexpr Field key{1, "map entry.key"};
inline constexpr Field value{2, "map entry.value"};
}  // namespace entry

namespace data {
inline constexpr Field s{1, "Data.s"};
inline constexpr Field sList{2, "Data.s_list"};
inline constexpr Field d{3, "Data.d"};
inline constexpr Field dList{4, "Data.d_list"};
inline constexpr Field b{5, "Data.b"};
inline constexpr Field bList{6, "Data.b_list"};
inline constexpr Field i{7, "Data.i"};
inline constexpr Field iList{8, "Data.i_list"};
inline constexpr Field blob{9, "Data.blob"};
inline constexpr Field ref{100, "Data.ref"};
inline constexpr Field dtype{101, "Data.dtype"};
inline constexpr Field dtypeList{102, "Data.dtype_list"};
inline constexpr Field orders{103, "Data.dim_orders"};
inline constexpr Field ordersList{104, "Data.dim_orders_list"};
}  // namespace data

inline constexpr Field listValue{1, "list.val"};
inline constexpr Field ordersEntry{1, "DimensionOrders.orders"};

}  // namespace bireme::protobuf::uff
