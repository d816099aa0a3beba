// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/graph_import.h"
#include "parsers/common/utf8.h"

#include <algorithm>

#include "parsers/uff/input_layout.h"
#include "parsers/uff/plugin.h"

namespace bireme::uff_import {

namespace {

using parsers::inQuotes;
constexpr size_t kMostNamed = 20;

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (size_t i = 0; i < names.size() && i < kMostNamed; ++i)
        out += (i > 0 ? ", " : "") + names[i];
    if (names.size() > kMostNamed) out += ", …";
    return out;
}

std::string atNode(std::string_view id, const std::string& why) {
    return "UffParser: Parser error: " + std::string(id) + ": " + why;
}

}  // namespace

void GraphImport::warnOfDescriptors() {
    for (const Descriptor& d : file_.descriptors())
        if (d.id != "tensorflow_extension" && d.id != "custom" && !d.optional)
            report_.warn("UffParser: the descriptor " + inQuotes(d.id) + " is unknown");
}

void GraphImport::addMarked(const FileNode& mark, const std::string& name, bool asInGraph,
                            std::vector<Output>& out) {
    for (size_t i = 0; i < mark.inputs.size(); ++i) {
        const std::string own = name.empty() ? std::string(mark.inputs[i])
                                : i == 0     ? name
                                             : name + "_" + std::to_string(i);
        out.push_back({own, mark.inputs[i], asInGraph});
    }
}

std::vector<GraphImport::Output> GraphImport::wantedOutputs() {
    std::vector<Output> out;
    const bool asInGraph = !requests_.isChannelsFirst();
    for (const std::string& name : requests_.outputs) {
        const FileNode* node = file_.node(name);
        if (node == nullptr) {
            std::vector<std::string> marks;
            for (const FileNode& n : file_.nodes())
                if (n.operation == "MarkOutput") marks.emplace_back(n.id);
            throw Refusal("output " + inQuotes(name) + " is no node of the file; its outputs are " +
                          listed(marks));
        }
        if (node->operation == "MarkOutput")
            addMarked(*node, name, true, out);
        else
            out.push_back({name, node->id, asInGraph});
    }
    if (requests_.outputs.empty())
        for (const FileNode& n : file_.nodes())
            if (n.operation == "MarkOutput") addMarked(n, {}, asInGraph, out);
    if (out.empty()) throw Refusal("the file marks no outputs; register those that are wanted");
    return out;
}

std::vector<const FileNode*> GraphImport::needed(const std::vector<Output>& outputs) {
    enum class State : uint8_t { kOpen, kDone };
    struct Step {
        const FileNode* node;
        size_t next = 0;
    };
    std::unordered_map<const FileNode*, State> states;
    std::vector<const FileNode*> order;
    std::vector<Step> stack;
    const auto enter = [&](std::string_view id, std::string_view user) {
        const FileNode* node = file_.node(id);
        if (node == nullptr)
            throw Refusal(std::string(user) + ": its input " + inQuotes(id) + " does not exist");
        const auto [at, fresh] = states.emplace(node, State::kOpen);
        if (!fresh && at->second == State::kOpen)
            throw Refusal(std::string(id) + ": it depends on itself");
        if (fresh) stack.push_back({node});
    };
    for (const Output& o : outputs) {
        enter(o.node, o.name);
        while (!stack.empty()) {
            Step& step = stack.back();
            if (step.next < step.node->inputs.size()) {
                enter(step.node->inputs[step.next++], step.node->id);
                continue;
            }
            states[step.node] = State::kDone;
            order.push_back(step.node);
            stack.pop_back();
        }
    }
    return order;
}

bool GraphImport::checkOperations(const std::vector<const FileNode*>& nodes) {
    std::string all;
    for (const FileNode* n : nodes) {
        const ImporterRow* row = ImporterTable::instance().find(n->operation);
        if (row != nullptr && n->operation != "MarkOutput") continue;
        if (creatorFor(net_.raw(), *n, requests_) != nullptr) continue;
        all += (all.empty() ? "" : "\n") + std::string("UffParser: Validator error: ") +
               std::string(n->id) + ": Unsupported operation " + std::string(n->operation);
    }
    if (all.empty()) return true;
    report_.error(all);
    return false;
}

void GraphImport::addInput(const FileNode& node) {
    const InputLayout layout = layoutOf(file_, node, requests_);
    const Data* type = file_.resolve(node.field("dtype"));
    const DataType dtype = type == nullptr || type->kind != Data::Kind::kType
                               ? DataType::kFLOAT
                               : dataTypeOf(type->integer);
    for (const int64_t d : layout.dims)
        if (d < -1) throw Refusal("it has the extent " + std::to_string(d));
    net_.complaint.clear();
    ITensor* t = net_.raw().addInput(std::string(node.id).c_str(), dtype, toDims(layout.dims));
    if (t == nullptr)
        throw Refusal(net_.complaint.empty() ? "the network refused the input" : net_.complaint);
    Value value(*t, layout.where);
    if (!layout.inner.empty()) {
        value = Value(net_.reshape(*t, layout.inner));
        nameLayers(node, value, 0);
    }
    values_.emplace(node.id, std::move(value));
}

bool GraphImport::addInputs(const std::vector<const FileNode*>& nodes) {
    std::vector<std::string> missing;
    bool ok = true;
    std::vector<std::string> inputs;
    for (const FileNode& n : file_.nodes())
        if (n.operation == "Input") inputs.push_back(inQuotes(n.id));
    for (const Requests::Input& r : requests_.inputs) {
        const FileNode* node = file_.node(r.name);
        if (node != nullptr && node->operation == "Input") {
            if (std::find(nodes.begin(), nodes.end(), node) == nodes.end())
                report_.warn("UffParser: no output needs the input " + inQuotes(r.name));
            continue;
        }
        report_.error("UffParser: " + inQuotes(r.name) + " is no input of the file; it has " +
                      listed(inputs));
        ok = false;
    }
    for (const FileNode* n : nodes) {
        if (n->operation != "Input") continue;
        if (requests_.input(n->id) == nullptr && requests_.isStrict()) {
            missing.push_back(inQuotes(n->id));
            continue;
        }
        try {
            addInput(*n);
        } catch (const Refusal& e) {
            report_.error(atNode(n->id, e.what()));
            ok = false;
        }
    }
    if (missing.empty()) return ok;
    report_.error("UffParser: these inputs are not registered: " + listed(missing));
    return false;
}

void GraphImport::nameLayers(const FileNode& node, const Value& value, size_t before) {
    const std::vector<ILayer*> made = net_.takeMade();
    const std::string id(node.id);
    for (size_t i = 0; i < made.size(); ++i) {
        const bool last = i + 1 == made.size();
        made[i]->setName((last ? id : id + "/" + std::to_string(i + before)).c_str());
        if (last && value.tensor != nullptr && made[i]->getOutput(0) == value.tensor)
            value.tensor->setName(id.c_str());
    }
}

Value GraphImport::import(const FileNode& node, Node& view, const std::vector<Value>& inputs) {
    if (const ImporterRow* row = ImporterTable::instance().find(node.operation))
        return row->import(view);
    std::vector<Value> outputs = importPlugin(file_, node, net_, inputs,
                                              *creatorFor(net_.raw(), node, requests_), requests_);
    Value first = outputs.front();
    outputs.erase(outputs.begin());
    if (!outputs.empty()) further_.emplace(node.id, std::move(outputs));
    return first;
}

bool GraphImport::addNode(const FileNode& node) {
    std::vector<Value> inputs;
    for (const std::string_view id : node.inputs) {
        const auto it = values_.find(id);
        if (it == values_.end()) return false;  // its own error is told already
        inputs.push_back(it->second);
    }
    report_.detail("UFFParser: parsing " + std::string(node.id));
    Node n(file_, node, net_, inputs);
    net_.complaint.clear();
    try {
        Value value = import(node, n, inputs);
        if (!value.isConstant()) net_.dims(value);  // shapes that cannot be are told here
        nameLayers(node, value, 0);
        values_.emplace(node.id, std::move(value));
    } catch (const Refusal& e) {
        net_.takeMade();
        report_.error(atNode(node.id, std::string(node.operation) + ": " + e.what()));
        return false;
    }
    if (ImporterTable::instance().find(node.operation) == nullptr) return true;
    for (const std::string& field : n.unread())
        report_.detail("UffParser: " + std::string(node.id) + ": the field " + field +
                       " is not used");
    return true;
}

void GraphImport::markOutput(const Output& output, const Value& value,
                             std::unordered_set<ITensor*>& taken) {
    const size_t rank = net_.rank(value);
    const bool asItLies = !output.asInGraph && rank == 4 && value.where == channelsFirst(rank);
    ITensor* t = asItLies ? &net_.tensor(value) : &net_.logical(value);
    if (taken.count(t) != 0 || t->isNetworkInput() || value.isConstant())
        t = &Net::out(net_.made(net_.raw().addIdentity(*t)));
    taken.insert(t);
    for (ILayer* layer : net_.takeMade()) layer->setName((output.name + "/output").c_str());
    std::string name = output.name;
    if (ITensor* other = value.tensor; other != nullptr && other != t && name == other->getName()) {
        if (other->isNetworkInput() || other->isNetworkOutput())
            name += "/output";
        else
            other->setName((name + "/stored").c_str());
    }
    t->setName(name.c_str());
    net_.raw().markOutput(*t);
}

bool GraphImport::markOutputs(const std::vector<Output>& outputs) {
    std::unordered_set<ITensor*> taken;
    std::unordered_set<std::string> names;
    bool ok = true;
    for (const Output& o : outputs) {
        try {
            if (!names.insert(o.name).second) continue;
            markOutput(o, values_.at(o.node), taken);
            const auto further = further_.find(o.node);
            for (size_t k = 0; further != further_.end() && k < further->second.size(); ++k) {
                const Output next{o.name + "_" + std::to_string(k + 1), o.node, o.asInGraph};
                markOutput(next, further->second[k], taken);
            }
        } catch (const Refusal& e) {
            report_.error(atNode(o.node, e.what()));
            ok = false;
        }
    }
    return ok;
}

bool GraphImport::run() {
    warnOfDescriptors();
    const std::vector<Output> outputs = wantedOutputs();
    const std::vector<const FileNode*> nodes = needed(outputs);
    bool ok = checkOperations(nodes);
    ok = addInputs(nodes) && ok;
    if (!ok) return false;
    for (const FileNode* n : nodes)
        if (n->operation != "Input") ok = addNode(*n) && ok;
    return ok && markOutputs(outputs);
}

}  // namespace bireme::uff_import
