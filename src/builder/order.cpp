// SPDX-License-Identifier: Apache-2.0
// The order of the steps. Beside the values that a step reads it waits for those that its extents,
// or the elements of a shape that it reads, are made of.
#include "builder/job.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>

namespace bireme::builder {

namespace {

void collect(const ir::Value& v, std::vector<std::string>& names) {
    for (const Dim& d : v.desc.dims) d.collectSymbols(names);
    if (v.known)
        for (const Dim& d : *v.known) d.collectSymbols(names);
}

// Producers of the values that tell what the symbols around `n` are.
std::set<ir::NodeId> sourcesOf(const ir::Graph& g, const ir::Node& n) {
    std::vector<std::string> names;
    for (const auto* list : {&n.inputs, &n.outputs})
        for (ir::ValueId v : *list)
            if (g.hasValue(v)) collect(g.value(v), names);
    std::set<ir::NodeId> out;
    for (const std::string& name : names) {
        auto it = g.symbols.find(name);
        if (it == g.symbols.end() || !g.hasValue(it->second.value)) continue;
        const ir::Node* producer = g.producer(it->second.value);
        if (producer && producer->id != n.id) out.insert(producer->id);
    }
    for (ir::ValueId v : n.inputs)
        if (g.hasValue(v))
            if (const ir::Node* producer = g.producer(v)) out.insert(producer->id);
    return out;
}

}  // namespace

std::vector<ir::NodeId> stepOrder(const ir::Graph& g) {
    std::map<ir::NodeId, std::vector<ir::NodeId>> after;
    std::map<ir::NodeId, size_t> waiting;
    std::priority_queue<ir::NodeId, std::vector<ir::NodeId>, std::greater<>> ready;
    for (ir::NodeId id : g.nodeIds()) {
        const std::set<ir::NodeId> sources = sourcesOf(g, g.node(id));
        for (ir::NodeId s : sources) after[s].push_back(id);
        waiting[id] = sources.size();
        if (sources.empty()) ready.push(id);
    }
    std::vector<ir::NodeId> order;
    while (!ready.empty()) {
        order.push_back(ready.top());
        ready.pop();
        for (ir::NodeId id : after[order.back()])
            if (--waiting[id] == 0) ready.push(id);
    }
    // Extents may be written by a symbol that one of them defines itself: then data alone decide.
    return order.size() == g.nodeCount() ? order : g.order();
}

}  // namespace bireme::builder
