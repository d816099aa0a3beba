// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/list.h"
#include "parsers/onnx/model.h"
#include "parsers/onnx/net.h"
#include "parsers/onnx/report.h"

namespace bireme::onnx_import {

/// Adds one model to a network. Every fault goes to the report; the import goes on past it as far
/// as it can, so that one run tells all of them.
class GraphImport {
public:
    GraphImport(Model& model, Net& net, Report& report, const ImporterTable& table)
        : model_(model), net_(&net), report_(report), table_(table) {}

    /// A plugin of an operator's name wins over its importer.
    bool preferPlugins = false;

    /// False when the report got errors.
    bool run();
    /// As run(), to learn which nodes can be imported: a node that cannot be is stood in for by
    /// inputs of the network, where the model tells the type and dims of its outputs, so that the
    /// nodes behind it are looked at too.
    bool examine();
    /// Indices of the graph's own nodes that could not be imported.
    const std::set<int>& failedNodes() const { return failed_; }

    /// Outputs of the layers made for the nodes, by node name.
    const std::unordered_map<std::string, std::vector<ITensor*>>& nodeOutputs() const {
        return nodeOutputs_;
    }

private:
    /// Tensors that bodies read of outside, in the order of the inputs that stand for them.
    using Captures = std::vector<ITensor*>;

    /// The names of one graph or function body. A broken value belongs to a node already blamed.
    struct Scope {
        std::unordered_map<std::string_view, Value> values;
        std::unordered_set<std::string_view> broken;
        std::unordered_set<std::string_view> used;
        const std::vector<OpsetId>* opsets = nullptr;
        std::vector<std::string> functions;
        std::string prefix;
        Scope* outer = nullptr;  ///< of a body: where names are looked up that are not found here
        Net* net = nullptr;
        Captures* captures = nullptr;  ///< of a body with a network of its own
        std::unordered_map<const ITensor*, ITensor*> inner;  ///< captured tensors, by the outer one
    };

    /// An input of a body: the tensor outside that tells its type, and what is known of its dims.
    struct Formal {
        DataType type;
        Dims dims{};
        ListTypePtr list{};  ///< of a sequence or optional, which is passed packed
    };
    struct Body {
        std::unique_ptr<INetworkDefinition> network;
        std::vector<Dims> outputs;
        std::vector<ListTypePtr> lists;  ///< of outputs; null for tensors
        size_t captured = 0;             ///< captures that it has inputs for
    };

    bool importInputs(Scope& scope);
    bool standIn(Scope& scope, std::string_view name);
    void importInitializers(const GraphProto& graph, Scope& scope);
    bool importNodes(const std::vector<NodeProto>& nodes, Scope& scope);
    void importNode(const NodeProto& node, Scope& scope, Place& place);
    bool bindInputs(const NodeProto& node, Scope& scope, std::vector<Value>& inputs);
    Outputs callFunction(const FunctionProto& function, const NodeProto& node,
                         const std::vector<Value>& inputs, Scope& caller);
    void bindOutputs(const NodeProto& node, const Outputs& outputs, Scope& scope);
    void nameLayers(const NodeProto& node, const std::vector<ILayer*>& made, const Outputs& outputs,
                    Scope& scope, const Place& place);
    void markOutputs(Scope& scope);
    const FunctionProto* findFunction(const NodeProto& node) const;
    std::string unknownOperator(const NodeProto& node) const;

    // Control flow, in control_flow.cpp.
    static bool isControlFlow(const NodeProto& node);
    static void collectNames(const GraphProto& graph, std::unordered_set<std::string_view>& names);
    static void visibleNames(const Scope& scope, std::unordered_set<std::string_view>& names);
    Value find(Scope& scope, std::string_view name, bool& broken);
    ITensor* capture(Scope& scope, ITensor& outside);
    ITensor& bodyInput(INetworkDefinition& network, const ITensor& outside, size_t index);
    Scope bodyScope(const GraphProto& graph, const NodeProto& node, Scope& outer);
    Body importBody(const GraphProto& graph, const NodeProto& node, Scope& outer,
                    const std::vector<Formal>& formals, Captures& captures);
    void completeBody(Body& body, const Captures& captures);
    void markBodyOutputs(const GraphProto& graph, Scope& scope, const std::vector<Formal>& carried,
                         Body& body);
    Value captured(Scope& scope, const Value& outside);
    static void wrapLists(Outputs& outputs, const std::vector<ListTypePtr>& types);
    bool widenCarried(const Node& n, const Body& body, std::vector<Formal>& formals);
    Outputs inlined(const GraphProto& graph, const NodeProto& node, Scope& scope,
                    const std::vector<Value>& inputs = {}, const std::string& suffix = {});
    Outputs importControlFlow(const NodeProto& node, std::vector<Value>& inputs, Scope& scope);
    Outputs importIf(Node& view, Scope& scope);
    Outputs importLoop(Node& view, Scope& scope);
    Outputs importScan(Node& view, Scope& scope);
    Outputs importBatchedScan(Node& view, Scope& scope);
    Outputs scanOf(Node& view, const std::vector<ITensor*>& inputs, Scope& scope);

    // Loops whose turns are known, in unrolled_loop.cpp.
    bool conditionStays(const GraphProto& graph, Scope& outer);
    int64_t turnsToUnroll(const Node& n, const GraphProto& graph, Scope& outer);  ///< or -1
    Outputs unrolledLoop(Node& n, const GraphProto& graph, Scope& outer, int64_t turns);

    // SequenceMap, in sequence_map.cpp.
    Outputs importSequenceMap(Node& view, Scope& scope);
    Outputs unrolledMap(Node& n, const GraphProto& graph, Scope& scope);
    std::string_view text(std::string value);

    // FlexAttention, in flex_attention.cpp.
    Outputs importFlexAttention(Node& view, Scope& scope);
    ITensor* modified(Node& n, std::string_view attribute, ITensor& x, Scope& scope);
    Outputs addControl(const char* op, const OperatorAttributes& attributes,
                       std::vector<ITensor*> inputs, const Captures& captures,
                       const std::vector<Body*>& bodies, size_t outputs);
    static int64_t opsetOf(const Scope& scope, std::string_view domain);

    Model& model_;
    Net* net_;  ///< of the graph or body that is being imported
    Report& report_;
    const ImporterTable& table_;
    std::unordered_map<std::string, std::vector<ITensor*>> nodeOutputs_;
    std::unordered_set<std::string> layerNames_;
    int64_t imported_ = 0;
    bool examining_ = false;
    std::set<int> failed_;
    std::unordered_map<std::string_view, const ValueInfoProto*> told_;  ///< while examining
    std::vector<std::unique_ptr<std::vector<NodeProto>>> bodies_;  ///< of functions, substituted
    std::deque<std::string> texts_;  ///< names in nodes that are made here
};

}  // namespace bireme::onnx_import
