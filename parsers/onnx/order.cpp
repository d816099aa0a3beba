// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/order.h"

#include "parsers/common/utf8.h"

#include <queue>
#include <unordered_map>

namespace bireme::onnx_import {

using parsers::inQuotes;

namespace {

using Producers = std::unordered_map<std::string_view, int>;

Producers findProducers(const std::vector<NodeProto>& nodes,
                        const std::unordered_set<std::string_view>& outer,
                        std::vector<StructureFault>& faults) {
    Producers producers;
    for (size_t i = 0; i < nodes.size(); ++i) {
        for (const std::string_view name : nodes[i].outputs) {
            if (name.empty()) continue;
            const int self = static_cast<int>(i);
            if (outer.count(name) != 0)
                faults.push_back({self, "output " + inQuotes(name) +
                                            " has the name of an input or initializer"});
            else if (const auto [it, fresh] = producers.emplace(name, self); !fresh)
                faults.push_back({self, "output " + inQuotes(name) + " is made by node " +
                                            std::to_string(it->second) + " too"});
        }
    }
    return producers;
}

/// Names the nodes of one cycle among those never ready.
std::string describeCycle(const std::vector<NodeProto>& nodes, const Producers& producers,
                          const std::vector<int>& missing, int start) {
    std::vector<int> seen(nodes.size(), 0);
    int at = start;
    while (seen[static_cast<size_t>(at)]++ == 0) {  // every such node waits for another such node
        for (const std::string_view input : nodes[static_cast<size_t>(at)].inputs) {
            const auto it = producers.find(input);
            if (it != producers.end() && missing[static_cast<size_t>(it->second)] > 0) {
                at = it->second;
                break;
            }
        }
    }
    std::string text;
    int count = 0;
    const int first = at;
    do {
        if (++count > 8) return text + " <- ...";
        const NodeProto& node = nodes[static_cast<size_t>(at)];
        text += (text.empty() ? "" : " <- ");
        text += node.name.empty() ? "node " + std::to_string(at) : inQuotes(node.name);
        for (const std::string_view input : node.inputs) {
            const auto it = producers.find(input);
            if (it != producers.end() && missing[static_cast<size_t>(it->second)] > 0) {
                at = it->second;
                break;
            }
        }
    } while (at != first);
    return text;
}

}  // namespace

NodeOrder orderNodes(const std::vector<NodeProto>& nodes,
                     const std::unordered_set<std::string_view>& outer) {
    NodeOrder out;
    const Producers producers = findProducers(nodes, outer, out.faults);
    std::vector<std::vector<int>> users(nodes.size());
    std::vector<int> missing(nodes.size(), 0);
    for (size_t i = 0; i < nodes.size(); ++i) {
        for (size_t k = 0; k < nodes[i].inputs.size(); ++k) {
            const std::string_view name = nodes[i].inputs[k];
            if (name.empty() || outer.count(name) != 0) continue;
            const auto it = producers.find(name);
            if (it == producers.end()) {
                out.faults.push_back(
                    {static_cast<int>(i), "input " + std::to_string(k) + " " + inQuotes(name) +
                                              " is made by no node, input or initializer"});
                continue;
            }
            users[static_cast<size_t>(it->second)].push_back(static_cast<int>(i));
            ++missing[i];
        }
    }
    // The smallest ready index first keeps the file's own order where it is sound.
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (size_t i = 0; i < nodes.size(); ++i)
        if (missing[i] == 0) ready.push(static_cast<int>(i));
    while (!ready.empty()) {
        const int node = ready.top();
        ready.pop();
        out.order.push_back(node);
        for (const int user : users[static_cast<size_t>(node)])
            if (--missing[static_cast<size_t>(user)] == 0) ready.push(user);
    }
    if (out.order.size() < nodes.size()) {
        int start = 0;
        while (missing[static_cast<size_t>(start)] == 0) ++start;
        out.faults.push_back(
            {start, "the graph has a cycle: " + describeCycle(nodes, producers, missing, start)});
    }
    return out;
}

}  // namespace bireme::onnx_import
