// SPDX-License-Identifier: Apache-2.0
#include "parsers/tensorflow/conversion.h"

#include "parsers/common/utf8.h"

#include <unordered_set>

namespace bireme::tensorflow {

void registerAllConverters(ConverterTable& table);  // generated from the files in ops/

namespace {

using parsers::inQuotes;

constexpr const char* kNotFrozen[] = {"VariableV2", "Variable", "VarHandleOp", "ReadVariableOp",
                                      "AutoReloadVariable"};

bool isInternal(const std::string& attribute) {
    return attribute == "_class" || attribute == "_output_shapes";
}

std::vector<std::string> convertCustom(const Step& s) {
    for (const char* op : kNotFrozen)
        if (s.node.op == op) s.refuse("a variable; the graph has to be frozen first");
    s.run.warn("No conversion function registered for layer: " + s.node.op + " yet. Converting " +
               s.node.name + " as custom op: " + s.node.op);
    UffNode node(s.node.name, "_" + s.node.op, s.inputs);
    for (const auto& [name, value] : s.node.attributes)
        if (!isInternal(name)) node.attribute(name, value);
    return s.run.emit(node);
}

}  // namespace

void ConverterTable::add(std::initializer_list<ConverterRow> rows) {
    for (const ConverterRow& row : rows) rows_[row.op] = row;
}

const ConverterRow* ConverterTable::find(std::string_view op) const {
    const auto it = rows_.find(op);
    return it == rows_.end() ? nullptr : &it->second;
}

std::vector<ConverterRow> ConverterTable::rows() const {
    std::vector<ConverterRow> out;
    for (const auto& [name, row] : rows_) out.push_back(row);
    return out;
}

const ConverterTable& ConverterTable::instance() {
    static const ConverterTable table = [] {
        ConverterTable t;
        registerAllConverters(t);
        return t;
    }();
    return table;
}

const std::string& Step::in(size_t i) const {
    if (i >= inputs.size())
        refuse("it has " + std::to_string(inputs.size()) + " inputs, input " + std::to_string(i) +
               " is missing");
    return inputs[i];
}

Array Step::constant(size_t i, const char* what) const {
    const Node* node = run.constantNode(in(i));
    if (node == nullptr)
        refuse(std::string(what) + " (input " + std::to_string(i) + ", " + inQuotes(in(i)) +
               ") is not constant");
    return Graph::constant(*node);
}

bool Step::channelsFirst() const { return node.text("data_format", "NHWC") == "NCHW"; }

Shape Step::spatial(const char* name) const {
    const Shape all = node.integers(name);
    const std::string format = node.text("data_format", "NHWC");
    if (format != "NHWC" && format != "NCHW") refuse("data_format " + format + " is not supported");
    if (all.size() != 4)
        refuse(std::string(name) + " has " + std::to_string(all.size()) + " values, not 4");
    const size_t first = channelsFirst() ? 2 : 1;
    const size_t channel = channelsFirst() ? 1 : 3;
    if (all[0] != 1 || all[channel] != 1)
        refuse(std::string(name) + " is not 1 for the batch and the channels");
    return {all[first], all[first + 1]};
}

std::vector<std::string> Conversion::emit(const UffNode& node) {
    file_.add(node);
    return node.inputs();
}

const Node* Conversion::constantNode(std::string_view name) {
    const Node* node = graph_.find(name);
    for (int depth = 0; node != nullptr && node->op == "Identity" && !node->inputs.empty();
         ++depth) {
        if (depth > 64) return nullptr;
        node = graph_.find(split(node->inputs[0]).first);
    }
    return node == nullptr || node->op != "Const" ? nullptr : node;
}

std::string Conversion::resolved(const std::string& input) {
    auto [name, output] = split(input);
    const Node* node = graph_.find(name);
    if (node == nullptr) throw Refusal("its input " + inQuotes(name) + " does not exist");
    if (output > 0)
        throw Refusal("it reads output " + std::to_string(output) + " of " + inQuotes(name) + " (" +
                      node->op + "); nodes of UFF have one output");
    // One level only, as the format's own converter does it.
    if (node->op == "Identity" && !node->inputs.empty() && inputs_.count(node->name) == 0) {
        const auto [inner, innerOutput] = split(node->inputs[0]);
        if (graph_.find(inner) == nullptr)
            throw Refusal("its input " + inQuotes(inner) + " does not exist");
        if (innerOutput > 0)
            throw Refusal("it reads output " + std::to_string(innerOutput) + " of " +
                          inQuotes(inner) + "; nodes of UFF have one output");
        return std::string(inner);
    }
    return std::string(name);
}

void Conversion::convertNode(const std::string& name, std::vector<std::string>& open) {
    if (file_.has(name)) return;
    if (const auto it = inputs_.find(name); it != inputs_.end()) {
        UffNode node(name, "Input", {});
        node.type("dtype", it->second.type).integers("shape", it->second.shape);
        file_.add(node);
        return;
    }
    const Node* node = graph_.find(name);
    if (node == nullptr) throw Refusal("there is no such node");
    Step step{*this, *node, {}};
    for (const std::string& input : node->inputs)
        if (split(input).second >= 0) step.inputs.push_back(resolved(input));
    const ConverterRow* row = ConverterTable::instance().find(node->op);
    const std::vector<std::string> next = row != nullptr ? row->convert(step) : convertCustom(step);
    open.insert(open.end(), next.begin(), next.end());
}

void Conversion::replace(const std::vector<Replacement>& replacements) {
    for (const Replacement& r : replacements) {
        Node* node = graph_.find(r.name);
        if (node == nullptr) throw Refusal("there is no node " + inQuotes(r.name) + " to replace");
        if (r.newName != r.name) {
            if (graph_.find(r.newName) != nullptr)
                throw Refusal("there is a node " + inQuotes(r.newName) + " already");
            graph_.rename(*node, r.newName);
        }
        inputs_[r.newName] = r;
    }
}

std::string Conversion::run(std::vector<std::string> outputs,
                            const std::vector<Replacement>& replacements) {
    removeAsserts(graph_);
    replace(replacements);
    if (outputs.empty()) outputs = defaultOutputs(graph_);
    Renamed renamed;
    collapseDilatedConvolutions(graph_, renamed);
    collapseSoftmax(graph_, renamed);
    std::vector<std::string> open;
    for (std::string& name : outputs) {
        if (const auto it = renamed.find(name); it != renamed.end()) name = it->second;
        if (graph_.find(name) == nullptr) throw Refusal("there is no node " + inQuotes(name));
        open.push_back(name);
    }
    std::unordered_set<std::string> failed;
    while (!open.empty()) {
        const std::string name = std::move(open.back());
        open.pop_back();
        if (failed.count(name) != 0) continue;
        try {
            convertNode(name, open);
        } catch (const Refusal& e) {
            const Node* node = graph_.find(name);
            errors_.push_back("node " + inQuotes(name) +
                              (node == nullptr ? "" : " (" + node->op + ")") + ": " + e.what());
            failed.insert(name);
        }
    }
    for (size_t i = 0; i < outputs.size(); ++i)
        file_.add(UffNode("MarkOutput_" + std::to_string(i), "MarkOutput", {outputs[i]}));
    return errors_.empty() ? file_.finish() : std::string();
}

std::vector<std::string> defaultOutputs(Graph& graph) {
    std::unordered_set<std::string_view> used;
    for (const Node& node : graph.nodes())
        for (const std::string& input : node.inputs) used.insert(split(input).first);
    std::vector<std::string> out;
    for (const Node& node : graph.nodes())
        if (used.count(node.name) == 0 && node.op != "Const" && node.op != "NoOp" &&
            node.op != "Placeholder")
            out.push_back(node.name);
    if (out.empty()) throw Refusal("the graph has no outputs");
    return out;
}

}  // namespace bireme::tensorflow
