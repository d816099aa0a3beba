// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/graph_import.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "parsers/common/utf8.h"
#include "parsers/onnx/order.h"
#include "parsers/onnx/plugin.h"

namespace bireme::onnx_import {

namespace {

using parsers::inQuotes;
constexpr size_t kMaxFunctionDepth = 32;
constexpr int64_t kMaxNodes = 1 << 20;  // functions that call functions can multiply

/// Names of the library end after 4095 bytes; prefixes of functions can make them longer.
std::string bounded(std::string name) {
    if (name.size() > 4000) name.resize(4000);
    return name;
}

/// Exporters write "?" and "None" for extents that have nothing to do with each other.
bool namesExtent(std::string_view symbol) {
    const auto isWordCharacter = [](unsigned char c) { return std::isalnum(c) != 0; };
    return symbol != "None" && std::any_of(symbol.begin(), symbol.end(), isWordCharacter);
}

Dims inputDims(const ValueInfoProto& info) {
    if (info.dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal(ErrorCode::kUNSUPPORTED_NODE_SHAPE,
                      "input " + inQuotes(info.name) + " has more than 8 dimensions");
    Dims dims{};
    dims.nbDims = static_cast<int32_t>(info.dims.size());
    for (size_t i = 0; i < info.dims.size(); ++i) {
        const DimProto& d = info.dims[i];
        if (d.value < -1)
            throw Refusal(
                ErrorCode::kINVALID_GRAPH,
                "input " + inQuotes(info.name) + " has the extent " + std::to_string(d.value));
        dims.d[i] = d.symbol.empty() ? d.value : -1;
    }
    return dims;
}

}  // namespace

bool GraphImport::examine() {
    examining_ = true;
    for (const auto* list : {&model_.graph().inner, &model_.graph().outputs})
        for (const ValueInfoProto& info : *list) told_.emplace(info.name, &info);
    return run();
}

bool GraphImport::standIn(Scope& scope, std::string_view name) {
    const auto it = told_.find(name);
    if (!examining_ || it == told_.end() || name.empty()) return false;
    const ValueInfoProto& info = *it->second;
    if (info.kind != ValueInfoProto::Kind::kTensor || !info.hasShape) return false;
    try {
        const DataType type = dataTypeOf(info.type, inQuotes(name));
        ITensor* t = net_->raw().addInput(("stand-in for " + std::string(name)).c_str(), type,
                                          inputDims(info));
        if (t == nullptr) return false;
        scope.values[name] = t;
        return true;
    } catch (const Refusal&) {
        return false;
    }
}

bool GraphImport::run() {
    const int before = report_.count();
    Scope scope;
    scope.opsets = &model_.proto().opsets;
    scope.net = net_;
    for (const ValueInfoProto& out : model_.graph().outputs) scope.used.insert(out.name);
    if (model_.graph().outputs.empty())
        report_.error(ErrorCode::kINVALID_GRAPH, "the graph has no outputs");
    importInitializers(model_.graph(), scope);
    if (importInputs(scope) && importNodes(model_.graph().nodes, scope)) markOutputs(scope);
    return report_.count() == before;
}

void GraphImport::importInitializers(const GraphProto& graph, Scope& scope) {
    const auto add = [&](std::string_view name, const auto& tensor) {
        if (scope.values.count(name) != 0 || scope.broken.count(name) != 0)
            return report_.error(ErrorCode::kINVALID_GRAPH,
                                 "initializer " + inQuotes(name) + " appears twice");
        try {
            scope.values[name] = model_.constants().import(tensor);
        } catch (const Refusal& e) {
            report_.error(e.code(), e.what());
            scope.broken.insert(name);
        }
    };
    for (const TensorProto& t : graph.initializers) add(t.name, t);
    for (const SparseTensorProto& t : graph.sparseInitializers) add(t.values.name, t);
}

bool GraphImport::importInputs(Scope& scope) {
    const int before = report_.count();
    std::unordered_set<std::string_view> seen;
    for (const ValueInfoProto& info : model_.graph().inputs) {
        if (scope.values.count(info.name) != 0 && seen.count(info.name) == 0) {
            seen.insert(info.name);
            continue;  // an initializer, which old files list as input too
        }
        if (scope.broken.count(info.name) != 0) continue;
        try {
            if (!seen.insert(info.name).second)
                throw Refusal(ErrorCode::kINVALID_GRAPH,
                              "input " + inQuotes(info.name) + " appears twice");
            if (info.kind == ValueInfoProto::Kind::kSequence ||
                info.kind == ValueInfoProto::Kind::kOptional) {
                const ListType type = declaredType(info);
                ITensor* bytes = net_->raw().addInput(std::string(info.name).c_str(),
                                                      DataType::kUINT8, Dims{1, {-1}});
                if (bytes == nullptr)
                    throw Refusal(ErrorCode::kINVALID_GRAPH, std::exchange(net_->complaint, {}));
                scope.values[info.name] = packedList(*bytes, type);
                continue;
            }
            if (info.kind != ValueInfoProto::Kind::kTensor)
                throw Refusal(ErrorCode::kUNSUPPORTED_GRAPH,
                              "input " + inQuotes(info.name) + " is not a tensor");
            if (!info.hasShape)
                throw Refusal(ErrorCode::kUNSUPPORTED_GRAPH,
                              "input " + inQuotes(info.name) + " has no shape, not even a rank");
            const DataType type = dataTypeOf(info.type, "input " + inQuotes(info.name));
            ITensor* t =
                net_->raw().addInput(std::string(info.name).c_str(), type, inputDims(info));
            if (t == nullptr)
                throw Refusal(ErrorCode::kINVALID_GRAPH, "input " + inQuotes(info.name) + ": " +
                                                             std::exchange(net_->complaint, {}));
            for (size_t i = 0; i < info.dims.size(); ++i)
                if (namesExtent(info.dims[i].symbol))
                    t->setDimensionName(static_cast<int32_t>(i),
                                        std::string(info.dims[i].symbol).c_str());
            scope.values[info.name] = t;
        } catch (const Refusal& e) {
            report_.error(e.code(), e.what());
            scope.broken.insert(info.name);
        }
    }
    return report_.count() == before;
}

bool GraphImport::importNodes(const std::vector<NodeProto>& nodes, Scope& scope) {
    std::unordered_set<std::string_view> outer;
    visibleNames(scope, outer);
    for (const NodeProto& node : nodes) {
        for (const std::string_view input : node.inputs) scope.used.insert(input);
        for (const AttributeProto& a : node.attributes)
            if (a.g != nullptr) collectNames(*a.g, scope.used);
    }
    const auto placeOf = [&](int index) {
        const NodeProto& node = nodes[static_cast<size_t>(index)];
        return Place{index, std::string(node.name), std::string(node.opType),
                     opsetOf(scope, node.domain), scope.functions};
    };
    const NodeOrder order = orderNodes(nodes, outer);
    for (const StructureFault& fault : order.faults)
        report_.error(ErrorCode::kINVALID_GRAPH, fault.why, placeOf(fault.node));
    if (!order.faults.empty()) return false;
    const int before = report_.count();
    for (const int index : order.order) {
        const NodeProto& node = nodes[static_cast<size_t>(index)];
        Place place = placeOf(index);
        if (++imported_ > kMaxNodes) {
            if (imported_ == kMaxNodes + 1)
                report_.error(ErrorCode::kUNSUPPORTED_GRAPH, "the model has over a million nodes");
            return false;
        }
        const int errors = report_.count();
        try {
            importNode(node, scope, place);
        } catch (const Refusal& e) {
            report_.error(e.code(), e.what(), place);
        }
        if (report_.count() > errors) {
            net_->takeMade();
            const bool own = scope.outer == nullptr && scope.functions.empty();
            if (own) failed_.insert(index);
            for (const std::string_view output : node.outputs)
                if (!own || !standIn(scope, output)) scope.broken.insert(output);
        }
    }
    return report_.count() == before;
}

int64_t GraphImport::opsetOf(const Scope& scope, std::string_view domain) {
    for (const OpsetId& id : *scope.opsets)
        if (id.domain == domain) return id.version;
    return 0;
}

const FunctionProto* GraphImport::findFunction(const NodeProto& node) const {
    for (const FunctionProto& f : model_.proto().functions)
        if (f.name == node.opType && f.domain == node.domain && f.overload == node.overload)
            return &f;
    return nullptr;
}

std::string GraphImport::unknownOperator(const NodeProto& node) const {
    const std::string domain = node.domain.empty() ? "" : " of domain " + inQuotes(node.domain);
    std::string why = "operator " + std::string(node.opType) + domain + " is not supported";
    if (!node.domain.empty() && table_.find("", node.opType) != nullptr)
        why += "; ONNX's own " + std::string(node.opType) + " is";
    return why;
}

bool GraphImport::bindInputs(const NodeProto& node, Scope& scope, std::vector<Value>& inputs) {
    for (const std::string_view name : node.inputs) {
        bool broken = false;
        inputs.push_back(name.empty() ? Value{} : find(scope, name, broken));
        if (broken) return false;
    }
    while (!inputs.empty() && !inputs.back()) inputs.pop_back();
    return true;
}

void GraphImport::importNode(const NodeProto& node, Scope& scope, Place& place) {
    const FunctionProto* function = findFunction(node);
    const bool control = function == nullptr && isControlFlow(node);
    const ImporterRow* row =
        function != nullptr || control ? nullptr : table_.find(node.domain, node.opType);
    IPluginCreatorInterface* creator =
        row == nullptr || preferPlugins ? creatorFor(net_->raw(), node) : nullptr;
    if (function != nullptr || control) creator = nullptr;
    if (creator != nullptr) row = nullptr;
    if (function == nullptr && row == nullptr && !control && creator == nullptr)
        throw Refusal(ErrorCode::kUNSUPPORTED_NODE, unknownOperator(node));
    const int64_t opset = opsetOf(scope, node.domain);
    if (row != nullptr && opset == 0)
        throw Refusal(ErrorCode::kINVALID_NODE,
                      "the model imports no opset of domain " + inQuotes(node.domain));
    if (row != nullptr && opset < row->since)
        throw Refusal(ErrorCode::kINVALID_NODE,
                      "the operator exists since opset " + std::to_string(row->since));
    if (row != nullptr && row->until != 0 && opset > row->until)
        throw Refusal(ErrorCode::kINVALID_NODE,
                      "the operator exists up to opset " + std::to_string(row->until));
    std::vector<Value> inputs;
    if (!bindInputs(node, scope, inputs)) {
        for (const std::string_view output : node.outputs) scope.broken.insert(output);
        return;
    }
    Outputs outputs;
    std::vector<ILayer*> made;
    if (function != nullptr) {
        const int errors = report_.count();
        outputs = callFunction(*function, node, inputs, scope);
        if (report_.count() > errors) return;  // the caller sees it by the count, too
    } else if (control) {
        const int errors = report_.count();
        net_->complaint.clear();
        outputs = importControlFlow(node, inputs, scope);
        if (report_.count() > errors) return;
        nameLayers(node, net_->takeMade(), outputs, scope, place);
    } else {
        net_->complaint.clear();
        uint64_t wanted = 0;
        for (size_t k = 0; k < node.outputs.size() && k < 64; ++k)
            if (!node.outputs[k].empty() && scope.used.count(node.outputs[k]) != 0)
                wanted |= uint64_t{1} << k;
        Node view(node, std::move(inputs), wanted, opset, *net_);
        outputs = creator != nullptr ? importPlugin(view, *creator) : row->import(view);
        for (const Value& v : outputs)
            if (v.tensor != nullptr) net_->dims(v);  // asks for inference: its refusal is ours
        made = net_->takeMade();
        nameLayers(node, made, outputs, scope, place);
    }
    bindOutputs(node, outputs, scope);
}

void GraphImport::bindOutputs(const NodeProto& node, const Outputs& outputs, Scope& scope) {
    for (size_t k = 0; k < node.outputs.size(); ++k) {
        const std::string_view name = node.outputs[k];
        if (name.empty()) continue;
        if (k < outputs.size() && outputs[k]) {
            scope.values[name] = outputs[k];
        } else if (scope.used.count(name) != 0) {
            throw Refusal(ErrorCode::kUNSUPPORTED_NODE, "output " + std::to_string(k) + " " +
                                                            inQuotes(name) + " is not supported");
        }
    }
}

void GraphImport::nameLayers(const NodeProto& node, const std::vector<ILayer*>& made,
                             const Outputs& outputs, Scope& scope, const Place& place) {
    std::string label = bounded(parsers::readable(
        scope.prefix + (node.name.empty()
                            ? std::string(node.opType) + "_" + std::to_string(place.node)
                            : std::string(node.name))));
    if (!layerNames_.insert(label).second) {
        label += "#" + std::to_string(place.node);
        layerNames_.insert(label);
    }
    const ITensor* main = outputs.empty() ? nullptr : outputs[0].tensor;
    std::vector<ITensor*> tensors;
    std::map<const ITensor*, size_t> last;  // of the node's outputs that are one tensor
    for (size_t k = 0; k < outputs.size() && k < node.outputs.size(); ++k)
        if (outputs[k].tensor != nullptr && !node.outputs[k].empty()) last[outputs[k].tensor] = k;
    int helper = 0;
    for (ILayer* layer : made) {
        const bool isMain = main != nullptr && layer->getOutput(0) == main;
        layer->setName(isMain ? label.c_str() : (label + "/" + std::to_string(helper++)).c_str());
        layer->setMetadata(("[ONNX] " + label + " (" + std::string(node.opType) + ")").c_str());
        for (int i = 0; i < layer->getNbOutputs(); ++i) {
            ITensor* tensor = layer->getOutput(i);
            if (auto it = last.find(tensor); it != last.end())
                tensor->setName(
                    bounded(scope.prefix + std::string(node.outputs[it->second])).c_str());
        }
    }
    for (const Value& v : outputs) tensors.push_back(v.tensor);
    nodeOutputs_[scope.prefix + std::string(node.name)] = std::move(tensors);
}

Outputs GraphImport::callFunction(const FunctionProto& function, const NodeProto& node,
                                  const std::vector<Value>& inputs, Scope& caller) {
    if (caller.functions.size() >= kMaxFunctionDepth)
        throw Refusal(ErrorCode::kINVALID_GRAPH,
                      "functions call each other more than 32 deep, perhaps in a circle");
    Scope scope;
    scope.opsets = &function.opsets;
    scope.functions = caller.functions;
    scope.net = caller.net;
    scope.functions.emplace_back(function.name);
    scope.prefix = caller.prefix +
                   (node.name.empty() ? std::string(node.outputs.empty() ? "" : node.outputs[0])
                                      : std::string(node.name)) +
                   "/";
    for (size_t i = 0; i < function.inputs.size(); ++i)
        scope.values[function.inputs[i]] = i < inputs.size() ? inputs[i] : Value{};
    for (const std::string_view name : function.outputs) scope.used.insert(name);

    auto body = std::make_unique<std::vector<NodeProto>>(function.nodes);
    const auto argument = [&](std::string_view name) -> const AttributeProto* {
        for (const AttributeProto& a : node.attributes)
            if (a.name == name) return &a;
        for (const AttributeProto& a : function.defaults)
            if (a.name == name) return &a;
        return nullptr;
    };
    for (NodeProto& inner : *body) {
        std::vector<AttributeProto> resolved;
        for (const AttributeProto& a : inner.attributes) {
            if (a.refAttrName.empty()) {
                resolved.push_back(a);
            } else if (const AttributeProto* given = argument(a.refAttrName)) {
                resolved.push_back(*given);
                resolved.back().name = a.name;
            }  // neither given nor defaulted: the inner node's own default holds
        }
        inner.attributes = std::move(resolved);
    }
    bodies_.push_back(std::move(body));
    Outputs outputs;
    if (!importNodes(*bodies_.back(), scope)) return outputs;
    for (const std::string_view name : function.outputs) {
        const auto it = scope.values.find(name);
        outputs.push_back(it != scope.values.end() ? it->second : Value{});
    }
    return outputs;
}

void GraphImport::markOutputs(Scope& scope) {
    for (const ValueInfoProto& info : model_.graph().outputs) {
        if (scope.broken.count(info.name) != 0) continue;
        const auto it = scope.values.find(info.name);
        if (it == scope.values.end()) {
            report_.error(ErrorCode::kINVALID_GRAPH,
                          "output " + inQuotes(info.name) + " is made by no node");
            continue;
        }
        try {
            const Value value = asDeclared(*net_, it->second, info.kind);
            ITensor* t = value.list != nullptr ? &packed(*net_, value) : &net_->tensor(value);
            const std::string name(info.name);
            if (t->isNetworkInput() || t->isNetworkOutput() || t->getName() != name) {
                t = &net_->identity(*t);
                t->setName(name.c_str());
                for (ILayer* layer : net_->takeMade()) layer->setName(("output/" + name).c_str());
            }
            net_->raw().markOutput(*t);
        } catch (const Refusal& e) {
            report_.error(e.code(), "output " + inQuotes(info.name) + ": " + e.what());
        }
    }
}

}  // namespace bireme::onnx_import
