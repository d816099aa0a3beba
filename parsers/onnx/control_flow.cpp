// SPDX-License-Identifier: Apache-2.0
// If, Loop and Scan: their graphs become closed bodies, whose inputs stand for what they read of
// outside.
#include <algorithm>

#include "parsers/common/recorder.h"
#include "parsers/onnx/graph_import.h"

namespace bireme::onnx_import {

namespace {

const GraphProto& graphOf(const Node& n, std::string_view name) {
    const AttributeProto* a = n.find(name);
    if (a == nullptr || a->g == nullptr)
        n.refuse("attribute \"" + std::string(name) + "\" is not a graph",
                 ErrorCode::kINVALID_NODE);
    return *a->g;
}

/// A value of one element as a scalar.
ITensor& scalar(Net& net, ITensor& x) { return net.rank(x) == 0 ? x : net.reshape(x, Dims{}); }

/// The one node of a branch beside its constants; null when there are more or none.
const NodeProto* onlyNode(const GraphProto& graph) {
    const NodeProto* found = nullptr;
    for (const NodeProto& node : graph.nodes) {
        if (node.opType == "Constant") continue;
        if (found != nullptr) return nullptr;
        found = &node;
    }
    return found;
}

/// How exporters write "squeeze where the extent is 1": a result without one rank.
bool squeezesOrNot(const GraphProto& yes, const GraphProto& no) {
    const NodeProto* a = onlyNode(yes);
    const NodeProto* b = onlyNode(no);
    return a != nullptr && b != nullptr && a->opType == "Squeeze" && b->opType == "Identity";
}

}  // namespace

bool GraphImport::isControlFlow(const NodeProto& node) {
    if (node.domain == "ai.onnx.preview") return node.opType == "FlexAttention";
    return node.domain.empty() && (node.opType == "If" || node.opType == "Loop" ||
                                   node.opType == "Scan" || node.opType == "SequenceMap");
}

void GraphImport::collectNames(const GraphProto& graph,
                               std::unordered_set<std::string_view>& names) {
    for (const ValueInfoProto& out : graph.outputs) names.insert(out.name);
    for (const NodeProto& node : graph.nodes) {
        names.insert(node.inputs.begin(), node.inputs.end());
        for (const AttributeProto& a : node.attributes)
            if (a.g != nullptr) collectNames(*a.g, names);
    }
}

void GraphImport::visibleNames(const Scope& scope, std::unordered_set<std::string_view>& names) {
    names.insert(scope.broken.begin(), scope.broken.end());
    for (const auto& [name, value] : scope.values) names.insert(name);
    if (scope.outer != nullptr) visibleNames(*scope.outer, names);
}

Value GraphImport::find(Scope& scope, std::string_view name, bool& broken) {
    const auto it = scope.values.find(name);
    if (it != scope.values.end()) return it->second;
    broken = scope.broken.count(name) != 0;
    if (broken || scope.outer == nullptr) return {};
    Value v = find(*scope.outer, name, broken);
    if (v.tensor != nullptr && scope.captures != nullptr) {
        if (const Constant* known = scope.outer->net->known(v))
            v = Value(known);
        else
            v = capture(scope, *v.tensor);
    } else if (v.list != nullptr && scope.captures != nullptr) {
        v = captured(scope, v);
    }
    if (v) scope.values[name] = v;
    return v;
}

ITensor& GraphImport::bodyInput(INetworkDefinition& network, const ITensor& outside, size_t index) {
    const std::string name = "outside." + std::to_string(index);
    ITensor& t = const_cast<ITensor&>(outside);
    ITensor* inside = network.addInput(name.c_str(), t.getType(), t.getDimensions());
    if (inside == nullptr)
        throw Refusal(ErrorCode::kINTERNAL_ERROR, "a body refused an input from outside");
    return *inside;
}

ITensor* GraphImport::capture(Scope& scope, ITensor& outside) {
    ITensor*& inside = scope.inner[&outside];
    if (inside == nullptr) {
        inside = &bodyInput(scope.net->raw(), outside, scope.captures->size());
        scope.captures->push_back(&outside);
    }
    return inside;
}

// A list whose length is known stays so inside: what is captured are its elements.
Value GraphImport::captured(Scope& scope, const Value& outside) {
    if (outside.constant != nullptr) return outside;
    if (outside.tensor != nullptr) return capture(scope, *outside.tensor);
    const List& list = *outside.list;
    if (!list.known) return packedList(*capture(scope, *list.packed), list.type);
    auto inside = std::make_shared<List>(list);
    inside->packed = nullptr;
    for (Value& v : inside->elements) v = captured(scope, v);
    Value out;
    out.list = std::move(inside);
    return out;
}

GraphImport::Scope GraphImport::bodyScope(const GraphProto& graph, const NodeProto& node,
                                          Scope& outer) {
    Scope scope;
    scope.opsets = outer.opsets;
    scope.functions = outer.functions;
    scope.outer = &outer;
    scope.net = outer.net;
    scope.prefix = outer.prefix +
                   (node.name.empty() ? std::string(node.outputs.empty() ? "" : node.outputs[0])
                                      : std::string(node.name)) +
                   "/" + std::string(graph.name) + "/";
    for (const ValueInfoProto& out : graph.outputs) scope.used.insert(out.name);
    return scope;
}

// The graph becomes part of the graph around it.
Outputs GraphImport::inlined(const GraphProto& graph, const NodeProto& node, Scope& outer,
                             const std::vector<Value>& inputs, const std::string& suffix) {
    Scope scope = bodyScope(graph, node, outer);
    scope.prefix += suffix;
    for (size_t i = 0; i < inputs.size(); ++i) scope.values[graph.inputs[i].name] = inputs[i];
    importInitializers(graph, scope);
    Outputs out;
    if (!importNodes(graph.nodes, scope)) return out;
    for (const ValueInfoProto& info : graph.outputs) {
        bool broken = false;
        out.push_back(find(scope, info.name, broken));
    }
    return out;
}

// Carried values leave a loop's body as they enter it; others, and a branch's, as they are
// declared.
void GraphImport::markBodyOutputs(const GraphProto& graph, Scope& scope,
                                  const std::vector<Formal>& carried, Body& body) {
    using Kind = ValueInfoProto::Kind;
    const bool loop = carried.size() >= 2;
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
        bool broken = false;
        const Value v = find(scope, graph.outputs[i].name, broken);
        if (broken) return;
        if (!v)
            throw Refusal(ErrorCode::kINVALID_GRAPH, "output \"" +
                                                         std::string(graph.outputs[i].name) +
                                                         "\" of a body is made by no node");
        Kind kind = graph.outputs[i].kind;
        if (loop && i >= 1 && i + 1 < carried.size()) {
            const ListTypePtr& list = carried[i + 1].list;
            kind = !list ? Kind::kTensor : list->optional ? Kind::kOptional : Kind::kSequence;
        }
        const Value left = asDeclared(*net_, v, kind);
        ITensor* t = left.list != nullptr ? &packed(*net_, left) : &net_->tensor(left);
        body.lists.push_back(listTypeOf(left));
        if (loop && i == 0) t = &scalar(*net_, *t);
        if (t->isNetworkInput() || t->isNetworkOutput()) t = &net_->identity(*t);
        body.outputs.push_back(net_->dims(*t));
        net_->raw().markOutput(*t);
    }
}

GraphImport::Body GraphImport::importBody(const GraphProto& graph, const NodeProto& node,
                                          Scope& outer, const std::vector<Formal>& formals,
                                          Captures& captures) {
    Body body;
    body.network.reset(net_->raw().createBody());
    if (body.network == nullptr)
        throw Refusal(ErrorCode::kINTERNAL_ERROR, "no network could be made for a body");
    if (graph.inputs.size() != formals.size())
        throw Refusal(ErrorCode::kINVALID_NODE,
                      "a body has " + std::to_string(graph.inputs.size()) + " inputs, " +
                          std::to_string(formals.size()) + " are passed");
    Net net(*body.network, model_.constants());
    const parsers::ScopedRecorder recorder(*body.network, net.complaint);
    Scope scope = bodyScope(graph, node, outer);
    scope.net = &net;
    scope.captures = &captures;
    Net* const around = std::exchange(net_, &net);
    struct Back {
        Net*& slot;
        Net* value;
        ~Back() { slot = value; }
    } back{net_, around};
    for (size_t i = 0; i < formals.size(); ++i) {
        const ValueInfoProto& info = graph.inputs[i];
        ITensor* t = body.network->addInput(("passed." + std::to_string(i)).c_str(),
                                            formals[i].type, formals[i].dims);
        if (t == nullptr) throw Refusal(ErrorCode::kINVALID_NODE, net.complaint);
        // Some writers declare the turn and the condition as lists of one.
        if (formals[i].dims.nbDims == 0 && info.hasShape && info.dims.size() == 1)
            t = &net.reshape(*t, Dims{1, {1}});
        if (formals[i].list)
            scope.values[info.name] = packedList(*t, *formals[i].list);
        else
            scope.values[info.name] = t;
    }
    for (size_t i = 0; i < captures.size(); ++i)
        scope.inner[captures[i]] = &bodyInput(*body.network, *captures[i], i);
    importInitializers(graph, scope);
    static const std::vector<Formal> kNone;
    if (importNodes(graph.nodes, scope))
        markBodyOutputs(graph, scope, node.opType == "Loop" ? formals : kNone, body);
    body.captured = captures.size();
    return body;
}

void GraphImport::completeBody(Body& body, const Captures& captures) {
    for (; body.captured < captures.size(); ++body.captured)
        bodyInput(*body.network, *captures[body.captured], body.captured);
}

Outputs GraphImport::addControl(const char* op, const OperatorAttributes& attributes,
                                std::vector<ITensor*> inputs, const Captures& captures,
                                const std::vector<Body*>& bodies, size_t outputs) {
    inputs.insert(inputs.end(), captures.begin(), captures.end());
    std::vector<INetworkDefinition*> networks;
    for (Body* body : bodies) {
        completeBody(*body, captures);
        networks.push_back(body->network.get());
    }
    const auto& list = attributes.list();
    ILayer& layer = net_->made(net_->raw().addOperator(
        op, list.data(), static_cast<int32_t>(list.size()), inputs.data(),
        static_cast<int32_t>(inputs.size()), networks.data(), static_cast<int32_t>(networks.size()),
        static_cast<int32_t>(outputs)));
    Outputs out;
    for (size_t i = 0; i < outputs; ++i) {
        out.emplace_back(Net::out(layer, static_cast<int>(i)));
        net_->dims(out.back());
    }
    return out;
}

void GraphImport::wrapLists(Outputs& outputs, const std::vector<ListTypePtr>& types) {
    for (size_t i = 0; i < outputs.size(); ++i)
        if (types[i]) outputs[i] = packedList(*outputs[i].tensor, *types[i]);
}

Outputs GraphImport::importControlFlow(const NodeProto& node, std::vector<Value>& inputs,
                                       Scope& scope) {
    const int64_t opset = opsetOf(scope, "");
    Node view(node, std::move(inputs), ~uint64_t{0}, opset, *net_);
    if (node.opType == "If") return importIf(view, scope);
    if (node.opType == "SequenceMap") return importSequenceMap(view, scope);
    if (node.opType == "FlexAttention") return importFlexAttention(view, scope);
    return node.opType == "Loop" ? importLoop(view, scope) : importScan(view, scope);
}

Outputs GraphImport::importIf(Node& n, Scope& scope) {
    const GraphProto& yes = graphOf(n, "then_branch");
    const GraphProto& no = graphOf(n, "else_branch");
    if (n.known(0) != nullptr) {
        const std::vector<int64_t> condition = toIntegers(*n.known(0));
        n.require(condition.size() == 1, "the condition must be one bool");
        return inlined(condition[0] != 0 ? yes : no, n.proto(), scope);
    }
    if (squeezesOrNot(yes, no)) {
        report_.warn(
            "an If squeezes an extent or not: the engine squeezes, and fails at run time "
            "where the extent is not 1");
        net_->made(net_->raw().addAssertion(scalar(*net_, n.in(0)), "the extent is not 1"));
        return inlined(yes, n.proto(), scope);
    }
    Captures captures;
    const int errors = report_.count();
    Body first = importBody(yes, n.proto(), scope, {}, captures);
    Body second = importBody(no, n.proto(), scope, {}, captures);
    if (report_.count() > errors) return {};
    n.require(first.outputs.size() == second.outputs.size(),
              "the branches have different numbers of outputs");
    std::vector<ListTypePtr> lists;
    for (size_t i = 0; i < first.lists.size(); ++i) {
        const ListTypePtr &a = first.lists[i], &b = second.lists[i];
        n.require((a == nullptr) == (b == nullptr) && (!a || a->optional == b->optional),
                  "an output is a sequence or optional in one branch and not in the other");
        lists.push_back(a ? std::make_shared<ListType>(merge(*a, *b)) : nullptr);
    }
    Outputs out = addControl("if", {}, {&scalar(*net_, n.in(0))}, captures, {&first, &second},
                             first.outputs.size());
    wrapLists(out, lists);
    return out;
}

// Extents, and elements of lists, that a turn changes become open. False when none does.
bool GraphImport::widenCarried(const Node& n, const Body& body, std::vector<Formal>& formals) {
    bool changed = false;
    for (size_t i = 0; i + 2 < formals.size(); ++i) {
        Formal& formal = formals[2 + i];
        const ListTypePtr& list = body.lists[1 + i];
        n.require((formal.list == nullptr) == (list == nullptr),
                  "a carried value is a sequence before a turn or after it alone");
        if (list) {
            ListType wide = merge(*formal.list, *list);
            if (wide == *formal.list) continue;
            formal.list = std::make_shared<ListType>(std::move(wide));
            changed = true;
            continue;
        }
        Dims& before = formal.dims;
        const Dims& after = body.outputs[1 + i];
        n.require(before.nbDims == after.nbDims,
                  "a carried value changes its rank from turn to turn",
                  ErrorCode::kUNSUPPORTED_NODE_SHAPE);
        for (int32_t k = 0; k < before.nbDims; ++k)
            if (before.d[k] >= 0 && after.d[k] != before.d[k]) {
                before.d[k] = -1;
                changed = true;
            }
    }
    return changed;
}

Outputs GraphImport::importLoop(Node& n, Scope& scope) {
    const GraphProto& graph = graphOf(n, "body");
    if (graph.inputs.size() >= 2 && !graph.outputs.empty())
        if (const int64_t turns = turnsToUnroll(n, graph, scope); turns >= 0)
            return unrolledLoop(n, graph, scope, turns);
    std::vector<ITensor*> inputs{n.has(0) ? &scalar(*net_, n.in(0)) : nullptr,
                                 n.has(1) ? &scalar(*net_, n.in(1)) : nullptr};
    std::vector<Formal> formals{{DataType::kINT64, Dims{}}, {DataType::kBOOL, Dims{}}};
    const size_t carried = graph.inputs.size() < 2 ? 0 : graph.inputs.size() - 2;
    for (size_t i = 0; i < carried; ++i) {
        const Value& v = n.value(static_cast<int>(i) + 2);
        ITensor& t = v.list != nullptr ? packed(*net_, v) : net_->tensor(v);
        inputs.push_back(&t);
        formals.push_back({t.getType(), net_->dims(t), listTypeOf(v)});
        if (v.list != nullptr) formals.back().dims.d[0] = -1;
    }
    // Extents that a turn changes are open; what they are is seen by importing with them fixed.
    for (;;) {
        Captures captures;
        const int errors = report_.count();
        Body body = importBody(graph, n.proto(), scope, formals, captures);
        if (report_.count() > errors) return {};
        n.require(body.outputs.size() >= 1 + carried, "the body has too few outputs");
        if (widenCarried(n, body, formals)) continue;
        for (size_t i = 1 + carried; i < body.lists.size(); ++i)
            n.require(body.lists[i] == nullptr, "sequences cannot be stacked");
        OperatorAttributes attributes;
        attributes.add("carried", static_cast<int64_t>(carried));
        Outputs out =
            addControl("loop", attributes, inputs, captures, {&body}, body.outputs.size() - 1);
        wrapLists(out, {body.lists.begin() + 1, body.lists.end()});
        return out;
    }
}

}  // namespace bireme::onnx_import
