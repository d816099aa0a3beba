// SPDX-License-Identifier: Apache-2.0
#include "ir/group.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/interpret.h"
#include "ir/verify.h"

#include <algorithm>
#include <set>

namespace bireme::ir {

bool isGroup(const Node& n) { return n.op.name() == "group"; }
bool isPointwiseNode(const Node& n) { return n.op.name() == "pointwise"; }

namespace {

// Builds the body of a new group from its members, in topological order.
class BodyBuilder {
public:
    // `alone`: there is one member. A tensor that it reads twice is two inputs then, so that
    // kernels may count them.
    BodyBuilder(const Graph& outer, Graph& body, bool alone)
        : outer_(outer), body_(body), alone_(alone) {}

    void add(const Node& n) {
        apart_ = alone_ && !isGroup(n) && !isPointwiseNode(n);
        if (!isGroup(n)) return addNode(outer_, n, outerToBody_, true);
        const Graph& sub = n.bodies.at(0);
        std::map<ValueId, ValueId> subToBody;
        for (size_t i = 0; i < n.inputs.size(); ++i)
            subToBody[sub.inputs()[i]] = mapOuter(n.inputs[i]);
        for (NodeId id : sub.order()) addNode(sub, sub.node(id), subToBody, false);
        for (size_t i = 0; i < n.outputs.size(); ++i)
            outerToBody_[n.outputs[i]] = subToBody.at(sub.outputs()[i]);
    }

    const std::vector<ValueId>& outerInputs() const { return outerInputs_; }
    ValueId bodyValue(ValueId outer) const { return outerToBody_.at(outer); }

private:
    ValueId mapOuter(ValueId v) {
        if (v == kNoValue) return kNoValue;
        auto [it, fresh] = outerToBody_.try_emplace(v, kNoValue);
        if (!fresh && !apart_) return it->second;
        const Value& value = outer_.value(v);
        TensorDesc desc = value.desc;
        ValueId b = body_.addInput(value.name, std::move(desc));
        body_.value(b).known = value.known;
        body_.value(b).constantOutside = value.constantOutside || value.constant || value.fixed;
        outerInputs_.push_back(v);
        return outerToBody_[v] = b;
    }

    void addNode(const Graph& from, const Node& n, std::map<ValueId, ValueId>& map, bool isOuter) {
        std::vector<ValueId> inputs;
        for (ValueId v : n.inputs) {
            if (v == kNoValue)
                inputs.push_back(kNoValue);
            else if (isOuter)
                inputs.push_back(mapOuter(v));
            else if (auto it = map.find(v); it != map.end())
                inputs.push_back(it->second);
            else {  // a constant inside a group's body
                const Value& c = from.value(v);
                inputs.push_back(map[v] = body_.addConstant(c.name, c.desc, c.constant));
            }
        }
        NodeId id =
            body_.addNode(n.op, std::move(inputs), static_cast<int>(n.outputs.size()), n.name);
        Node& copy = body_.node(id);
        copy.bodies = n.bodies;
        copy.origins = n.origins;
        copy.precision = n.precision;
        copy.layerType = n.layerType;
        for (size_t i = 0; i < n.outputs.size(); ++i) {
            Value& to = body_.value(copy.outputs[i]);
            const Value& value = from.value(n.outputs[i]);
            to.name = value.name;
            to.desc = value.desc;
            to.known = value.known;
            map[n.outputs[i]] = to.id;
        }
    }

    const Graph& outer_;
    Graph& body_;
    std::map<ValueId, ValueId> outerToBody_;
    std::vector<ValueId> outerInputs_;
    const bool alone_;
    bool apart_ = false;  // each operand is an input of its own
};

std::vector<NodeId> inOrder(const Graph& g, const std::vector<NodeId>& members) {
    // Members are few: order them by who reads whom, without sorting the whole graph.
    std::vector<NodeId> rest = members, sorted;
    while (!rest.empty()) {
        size_t before = rest.size();
        for (size_t i = 0; i < rest.size(); ++i) {
            bool ready = true;
            for (ValueId v : g.node(rest[i]).inputs)
                if (v != kNoValue &&
                    std::find(rest.begin(), rest.end(), g.value(v).producer) != rest.end())
                    ready = false;
            if (!ready) continue;
            sorted.push_back(rest[i]);
            rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i--));
        }
        BIREME_ASSERT(rest.size() < before);
    }
    return sorted;
}

// What outlives the old producer of a value that a new node now makes.
void inheritValue(Value& to, const Value& from) {
    to.name = from.name;
    to.kind = from.kind;
    to.desc = from.desc;
    to.known = from.known;
    to.allowedFormats = from.allowedFormats;
    to.range = from.range;
    to.dimNames = from.dimNames;
    to.requestedType = from.requestedType;
    to.debug = from.debug;
}

// Values of the members that others read, in order of the members.
std::vector<ValueId> outsideOutputs(const Graph& g, const std::vector<NodeId>& sorted) {
    std::vector<ValueId> outputs;
    for (NodeId id : sorted) {
        for (ValueId v : g.node(id).outputs) {
            const auto& users = g.value(v).users;
            bool outside =
                g.isOutput(v) || g.value(v).debug ||
                std::any_of(users.begin(), users.end(), [&](const Use& u) {
                    return std::find(sorted.begin(), sorted.end(), u.node) == sorted.end();
                });
            if (outside) outputs.push_back(v);
        }
    }
    const auto& last = g.node(sorted.back()).outputs;  // none: an assertion
    if (outputs.empty() && !last.empty())
        outputs.push_back(last[0]);  // dead, but still well-formed
    return outputs;
}

}  // namespace

NodeId makeGroup(Graph& g, const std::vector<NodeId>& members) {
    Graph body;
    body.name = "body";
    std::vector<NodeId> sorted = inOrder(g, members);
    BodyBuilder builder(g, body, sorted.size() == 1);
    std::vector<ValueId> oldOutputs = outsideOutputs(g, sorted);
    std::vector<std::string> names;
    Origins origins;
    std::string metadata;
    for (NodeId id : sorted) {
        const Node& n = g.node(id);
        builder.add(n);
        names.push_back(n.name);
        origins.add(n.origins);
        if (!n.metadata.empty()) metadata += (metadata.empty() ? "" : " ") + n.metadata;
    }
    for (ValueId v : oldOutputs) body.markOutput(builder.bodyValue(v));

    const OpDef* def = OpRegistry::global().find("group");
    BIREME_ASSERT(def != nullptr);
    NodeId id = g.addNode(Op(*def), builder.outerInputs(), static_cast<int>(oldOutputs.size()),
                          join(names, " + "));
    Node& group = g.node(id);
    group.bodies.push_back(std::move(body));
    group.origins = std::move(origins);
    group.metadata = std::move(metadata);
    for (size_t i = 0; i < oldOutputs.size(); ++i) {
        ValueId fresh = group.outputs[i];
        const Value& old = g.value(oldOutputs[i]);
        group.outputTypes[i] = g.node(old.producer).outputTypes.at(static_cast<size_t>(old.output));
        inheritValue(g.value(fresh), old);
        for (auto& [name, info] : g.symbols)
            if (info.value == oldOutputs[i]) info.value = fresh;
        g.value(oldOutputs[i]).debug = false;
        g.replaceUses(oldOutputs[i], fresh);
    }
    for (auto it = sorted.rbegin(); it != sorted.rend(); ++it) g.removeNode(*it);
    return id;
}

NodeId wrapInGroup(Graph& g, NodeId node) {
    return isGroup(g.node(node)) ? node : makeGroup(g, {node});
}
NodeId absorbConsumer(Graph& g, NodeId group, NodeId consumer) {
    return makeGroup(g, {group, consumer});
}
NodeId absorbProducer(Graph& g, NodeId group, NodeId producer) {
    return makeGroup(g, {producer, group});
}

Graph bodyOf(const Graph& g, NodeId node) {
    Graph body;
    body.name = "body";
    BodyBuilder builder(g, body, true);
    const Node& n = g.node(node);
    builder.add(n);
    for (ValueId v : n.outputs) body.markOutput(builder.bodyValue(v));
    return body;
}

Graph bodyOf(const Graph& g, const std::vector<NodeId>& members) {
    Graph body;
    body.name = "body";
    std::vector<NodeId> sorted = inOrder(g, members);
    BodyBuilder builder(g, body, sorted.size() == 1);
    for (NodeId id : sorted) builder.add(g.node(id));
    for (ValueId v : outsideOutputs(g, sorted)) body.markOutput(builder.bodyValue(v));
    // Numbers decide whether a kernel takes the body (clip bounds, scales); large weights never do.
    constexpr size_t kMaxNumberBytes = 64;
    for (size_t i = 0; i < body.inputs().size(); ++i) {
        const Value& outer = g.value(builder.outerInputs()[i]);
        bool number =
            outer.constant && !outer.refittable && outer.constant.size() <= kMaxNumberBytes;
        if (number) body.value(body.inputs()[i]).constant = outer.constant;
    }
    return body;
}

bool absorbMakesCycle(const Graph& g, NodeId group, NodeId consumer) {
    std::set<NodeId> seen;
    std::vector<NodeId> stack;
    auto push = [&](ValueId v) {
        const Node* p = v == kNoValue ? nullptr : g.producer(v);
        if (p && p->id != group && seen.insert(p->id).second) stack.push_back(p->id);
    };
    for (ValueId v : g.node(consumer).inputs) push(v);
    while (!stack.empty()) {
        NodeId n = stack.back();
        stack.pop_back();
        for (ValueId v : g.node(n).inputs) {
            const Node* p = v == kNoValue ? nullptr : g.producer(v);
            if (p && p->id == group) return true;
            push(v);
        }
    }
    return false;
}

void dissolveGroup(Graph& g, NodeId id) {
    Graph body = std::move(g.node(id).bodies.at(0));
    std::map<ValueId, ValueId> map;
    for (size_t i = 0; i < body.inputs().size(); ++i) map[body.inputs()[i]] = g.node(id).inputs[i];
    for (NodeId b : body.order()) {
        const Node& n = body.node(b);
        std::vector<ValueId> inputs;
        for (ValueId v : n.inputs) {
            if (v == kNoValue)
                inputs.push_back(kNoValue);
            else {
                if (!map.count(v))
                    map[v] = g.addConstant(body.value(v).name, body.value(v).desc,
                                           body.value(v).constant);
                inputs.push_back(map[v]);
            }
        }
        NodeId copy =
            g.addNode(n.op, std::move(inputs), static_cast<int>(n.outputs.size()), n.name);
        g.node(copy).bodies = n.bodies;
        g.node(copy).origins = n.origins;
        for (size_t i = 0; i < n.outputs.size(); ++i) {
            ValueId v = g.node(copy).outputs[i];
            g.value(v).name = body.value(n.outputs[i]).name;
            g.value(v).desc = body.value(n.outputs[i]).desc;
            g.value(v).known = body.value(n.outputs[i]).known;
            map[n.outputs[i]] = v;
        }
    }
    for (size_t i = 0; i < body.outputs().size(); ++i) {
        ValueId old = g.node(id).outputs[i];
        inheritValue(g.value(map.at(body.outputs()[i])), g.value(old));
        g.replaceUses(old, map.at(body.outputs()[i]));
    }
    g.removeNode(id);
}

GroupView::GroupView(const Graph& body) : body_(&body) {
    std::vector<NodeId> order = body.order(), rest;
    for (NodeId id : order)
        if (!isPointwiseNode(body.node(id))) anchors_.push_back(id);
    if (anchors_.size() != 1) return;
    std::set<NodeId> after{anchors_[0]};
    for (NodeId id : order) {
        if (id == anchors_[0]) continue;
        bool reads = false;
        for (ValueId v : body.node(id).inputs) {
            const Node* p = v == kNoValue ? nullptr : body.producer(v);
            reads = reads || (p && after.count(p->id));
        }
        if (!reads) {
            prologue_.push_back(id);
        } else {
            after.insert(id);
            rest.push_back(id);
        }
    }
    readChain(rest);
}

void GroupView::readChain(const std::vector<NodeId>& rest) {
    if (body_->outputs().size() != 1) return;
    ValueId running = body_->node(anchors_[0]).outputs.at(0);
    for (size_t step = 0; step < rest.size(); ++step) {
        const auto& users = body_->value(running).users;
        if (users.size() != 1 || body_->isOutput(running)) return;
        const Node& n = body_->node(users[0].node);
        if (!isPointwiseNode(n) || n.inputs.size() > 2) return;
        EpilogueTerm term{n.id, users[0].input, kNoValue};
        if (n.inputs.size() == 2) term.other = n.inputs[static_cast<size_t>(1 - term.through)];
        if (term.other != kNoValue && inputIndex(term.other) < 0 && !body_->isConstant(term.other))
            return;
        epilogue_.push_back(term);
        running = n.outputs.at(0);
    }
    chain_ = running == body_->outputs()[0];
}

int GroupView::anchorInput(int i) const {
    const Node* a = anchor();
    if (!a || i >= static_cast<int>(a->inputs.size()) || a->inputs[i] == kNoValue) return -1;
    return inputIndex(a->inputs[i]);
}

int GroupView::inputIndex(ValueId v) const {
    const auto& in = body_->inputs();
    auto it = std::find(in.begin(), in.end(), v);
    return it == in.end() ? -1 : static_cast<int>(it - in.begin());
}

}  // namespace bireme::ir
