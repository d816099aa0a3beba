// SPDX-License-Identifier: Apache-2.0
// The order of steps: data before its readers, and what defines a symbol before all whose extents
// name it, for those extents are evaluated when a step is bound.
#include "builder/job.h"

#include <queue>
#include <set>

namespace bireme::builder {

static void collect(const DimVector& dims, std::set<std::string>& names) {
    std::vector<std::string> found;
    for (const Dim& d : dims) d.collectSymbols(found);
    names.insert(found.begin(), found.end());
}

std::set<std::string> symbolsNamed(const ir::Graph& g, const ir::Node& n) {
    std::set<std::string> names;
    for (ir::ValueId v : n.inputs) {
        if (v == ir::kNoValue) continue;
        const ir::Value& value = g.value(v);
        collect(value.desc.dims, names);
        if (value.known && value.producer == ir::kNoNode && !g.isInput(v))
            collect(*value.known, names);
    }
    for (ir::ValueId v : n.outputs) collect(g.value(v).desc.dims, names);
    return names;
}

ir::NodeId definerOf(const ir::Graph& g, const std::string& symbol) {
    auto it = g.symbols.find(symbol);
    if (it == g.symbols.end() || it->second.source == ir::SymbolSource::inputExtent ||
        !g.hasValue(it->second.value))
        return ir::kNoNode;
    return g.value(it->second.value).producer;
}

std::vector<ir::NodeId> runOrder(const ir::Graph& g) {
    std::map<ir::NodeId, std::set<ir::NodeId>> readers;
    std::map<ir::NodeId, int> waiting;
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        std::set<ir::NodeId> before;
        for (ir::ValueId v : n.inputs)
            if (v != ir::kNoValue) before.insert(g.value(v).producer);
        for (const std::string& s : symbolsNamed(g, n)) before.insert(definerOf(g, s));
        before.erase(ir::kNoNode);
        before.erase(id);
        for (ir::NodeId b : before) readers[b].insert(id);
        waiting[id] = static_cast<int>(before.size());
    }
    std::priority_queue<ir::NodeId, std::vector<ir::NodeId>, std::greater<>> ready;
    for (const auto& [id, count] : waiting)
        if (count == 0) ready.push(id);
    std::vector<ir::NodeId> order;
    while (!ready.empty()) {
        ir::NodeId id = ready.top();
        ready.pop();
        order.push_back(id);
        for (ir::NodeId r : readers[id])
            if (--waiting[r] == 0) ready.push(r);
    }
    // Extents may be written by a symbol that one of them defines itself: then data alone decide.
    return order.size() == g.nodeCount() ? order : g.order();
}

}  // namespace bireme::builder
