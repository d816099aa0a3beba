// SPDX-License-Identifier: Apache-2.0
// From a decoded file to layers: inputs, nodes in order of need, outputs.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "parsers/common/report.h"
#include "parsers/uff/importer_table.h"
#include "parsers/uff/requests.h"

namespace bireme::uff_import {

using parsers::Report;

class GraphImport {
public:
    GraphImport(const File& file, Net& net, Report& report, const Requests& requests)
        : file_(file), net_(net), report_(report), requests_(requests) {}

    /// False when something failed; the report has all that did.
    bool run();

private:
    struct Output {
        std::string name;
        std::string_view node;
        bool asInGraph = true;  ///< TensorFlow's order, whatever the inputs' is
    };

    void warnOfDescriptors();
    std::vector<Output> wantedOutputs();
    void addMarked(const FileNode& mark, const std::string& name, bool asInGraph,
                   std::vector<Output>& out);
    /// Nodes that the outputs need, producers first. Throws Refusal for cycles.
    std::vector<const FileNode*> needed(const std::vector<Output>& outputs);
    bool checkOperations(const std::vector<const FileNode*>& nodes);
    bool addInputs(const std::vector<const FileNode*>& nodes);
    void addInput(const FileNode& node);
    bool addNode(const FileNode& node);
    Value import(const FileNode& node, Node& view, const std::vector<Value>& inputs);
    void nameLayers(const FileNode& node, const Value& value, size_t before);
    bool markOutputs(const std::vector<Output>& outputs);
    void markOutput(const Output& output, const Value& value, std::unordered_set<ITensor*>& taken);

    const File& file_;
    Net& net_;
    Report& report_;
    const Requests& requests_;
    std::unordered_map<std::string_view, Value> values_;
    /// Of plugins: their outputs but the first, which other nodes cannot name.
    std::unordered_map<std::string_view, std::vector<Value>> further_;
};

}  // namespace bireme::uff_import
