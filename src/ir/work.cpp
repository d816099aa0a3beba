// SPDX-License-Identifier: Apache-2.0
#include "ir/work.h"

#include "base/status.h"
#include "ir/group.h"
#include "tensor/dim_likely.h"

#include <algorithm>

namespace bireme::ir {

DimVector Work::dims(ValueId v) const {
    DimVector out = graph_.value(v).desc.dims;
    if (!values_) return out;
    for (Dim& d : out) d = Dim(std::max<int64_t>(evalLikely(d, *values_).value_or(1), 1));
    return out;
}

static Dim counted(const Graph& graph, const Node& node, const Dim::Values* values) {
    const OpDef& def = node.op.def();
    const Work work(graph, node, values);
    if (def.operations) return def.operations(node.op.attributes(), work);
    Dim n = 0;
    if (def.has(kView) || def.has(kMoves) || def.has(kShapeOnly)) return n;
    for (int o = 0; o < work.outputs(); ++o) n += volume(work.out(o));
    return n;
}

std::optional<Dim> operationsOf(const Graph& graph, const Node& node, const Dim::Values* values) {
    if (isGroup(node)) return operationsOf(node.bodies.at(0), values);
    if (!node.bodies.empty()) return std::nullopt;
    try {
        return counted(graph, node, values);
    } catch (const Error&) {
        return std::nullopt;  // of the arithmetic of extents
    }
}

std::optional<Dim> operationsOf(const Graph& graph, const Dim::Values* values) {
    Dim sum = 0;
    for (NodeId id : graph.nodeIds()) {
        auto part = operationsOf(graph, graph.node(id), values);
        if (!part) return std::nullopt;
        try {
            sum += *part;
        } catch (const Error&) {
            return std::nullopt;
        }
    }
    return sum;
}

}  // namespace bireme::ir
