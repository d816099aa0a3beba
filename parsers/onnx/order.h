// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "parsers/onnx/proto.h"

namespace bireme::onnx_import {

/// A fault of the graph's structure, with the node that shows it or -1.
struct StructureFault {
    int node;
    std::string why;
};

/// Nodes in an order in which every input is made before it is read, and what is wrong: names
/// made twice, inputs that nothing makes, cycles. `outer` are the names that exist before.
struct NodeOrder {
    std::vector<int> order;
    std::vector<StructureFault> faults;
};
NodeOrder orderNodes(const std::vector<NodeProto>& nodes,
                     const std::unordered_set<std::string_view>& outer);

}  // namespace bireme::onnx_import
