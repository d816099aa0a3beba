// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"

#include "base/text.h"
#include "ir/verify.h"
#include "tensor/convert.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_set>

namespace bireme::ir {

Edit::Edit(Graph& graph, Constants& constants, std::vector<NodeId> matched)
    : graph_(graph), constants_(constants), rootName_(graph.node(matched.at(0)).name) {
    for (NodeId n : matched) consumes(n);
}

Edit::~Edit() {
    if (!finished_) rollback();
}

void Edit::consumes(NodeId id) {
    if (!consumed_.insert(id).second) return;
    matched_.push_back(id);
    const Node& n = graph_.node(id);
    origins_.add(n.origins);
    if (!n.metadata.empty() && metadata_.empty()) metadata_ = n.metadata;
    if (!n.precision) return;
    if (precision_ && *precision_ != *n.precision)
        conflict_ = cat("the user wants \"", n.name, "\" in ", bireme::name(*n.precision),
                        " and its neighbour in ", bireme::name(*precision_));
    precision_ = n.precision;
}

// Names end in "#<id>" while another node still has the wanted one: ids are never used again.
static std::string stem(const std::string& name) {
    size_t hash = name.rfind('#');
    return hash == std::string::npos ? name : name.substr(0, hash);
}

NodeId Edit::addNode(Op op, std::vector<ValueId> inputs, int outputs, NodeId like) {
    std::string wanted = stem(graph_.node(like == kNoNode ? matched_.front() : like).name);
    NodeId id = graph_.addNode(std::move(op), std::move(inputs), outputs, wanted);
    added_.push_back({id, wanted});
    Node& n = graph_.node(id);
    n.name = cat(wanted, "#", id);
    for (size_t i = 0; i < n.outputs.size(); ++i)
        graph_.value(n.outputs[i]).name = outputs == 1 ? n.name : cat(n.name, ":", i);
    inferNode(graph_, id);
    return id;
}

ValueId Edit::add(Op op, std::vector<ValueId> inputs, NodeId like) {
    NodeId id = addNode(std::move(op), std::move(inputs), 1, like);
    return graph_.node(id).outputs[0];
}

ValueId Edit::addConstant(TensorDesc desc, Blob bytes, const std::string& name) {
    ValueId v = graph_.addConstant(name, std::move(desc), std::move(bytes));
    if (name.empty()) graph_.value(v).name = cat(stem(root().name), "#c", v);
    addedConstants_.push_back(v);
    return v;
}

ValueId Edit::addScalar(double v, DataType type, int rank) {
    std::vector<uint8_t> bytes(bytesFor(type, 1));
    convertElements(DataType::kDOUBLE, &v, type, bytes.data(), 1);
    return addConstant({type, DimVector(static_cast<size_t>(rank), Dim(1)), {}, {}},
                       Blob::own(std::move(bytes)));
}

ValueId Edit::addInts(const std::vector<int64_t>& v) {
    return addConstant({DataType::kINT64, {Dim(static_cast<int64_t>(v.size()))}, {}, {}},
                       Blob::of(v));
}

ValueId Edit::viewOfConstant(ValueId v, const std::vector<int64_t>& dims) {
    const Value& value = graph_.value(v);
    if (value.desc.dims == toDims(dims)) return v;
    if (const Tensor* t = known(v)) return addConstant({t->type, toDims(dims), {}, {}}, t->bytes);
    if (value.constant && !value.refittable)
        return addConstant({value.desc.type, toDims(dims), {}, {}}, value.constant);
    Op reshape(*OpRegistry::global().find("reshape"));
    return add(std::move(reshape), {v, addInts(dims)});
}

void Edit::replace(ValueId from, ValueId to) { replacements_.emplace_back(from, to); }

Outcome Edit::replaceRoot(ValueId to, std::string what) {
    replace(root().outputs.at(0), to);
    return done(std::move(what));
}

std::string Edit::refusal(ValueId from, ValueId to) {
    const Value &a = graph_.value(from), &b = graph_.value(to);
    if (a.desc.type != b.desc.type)
        return cat("the type would change to ", bireme::name(b.desc.type));
    if (a.kind != b.kind) return "the kind of value would change";
    bool same = a.desc.rank() == b.desc.rank();
    for (int i = 0; same && i < a.desc.rank(); ++i)
        same = a.desc.dims[i] == b.desc.dims[i] || !a.desc.dims[i].isStatic() ||
               !b.desc.dims[i].isStatic();
    if (!same) return cat("the shape would change from ", a.desc.text(), " to ", b.desc.text());
    if (isInternal(graph_, from)) return {};
    bool fresh = std::any_of(added_.begin(), added_.end(),
                             [&](const Added& n) { return n.node == b.producer; });
    if (fresh) return {};
    if (!isInternal(graph_, to)) return "both tensors are the user's";
    if (b.producer == kNoNode || constants_.is(to))
        return "a layer of its own must compute the user's tensor";
    return {};
}

void inheritMarks(Value& to, const Value& from) {
    to.name = from.name;
    to.allowedFormats = from.allowedFormats;
    to.range = from.range;
    to.dimNames = from.dimNames;
    to.requestedType = from.requestedType;
    to.debug = from.debug;
}

void Edit::apply(ValueId from, ValueId to) {
    Value &a = graph_.value(from), &b = graph_.value(to);
    if (!isInternal(graph_, from)) {
        inheritMarks(b, a);
        a.debug = false;
    } else if (a.range && !b.range) {
        b.range = a.range;
    }
    if (b.producer != kNoNode && a.producer != kNoNode) {
        auto wanted = graph_.node(a.producer).outputTypes.at(a.output);
        if (wanted) graph_.node(b.producer).outputTypes.at(b.output) = wanted;
    }
    for (auto& [name, info] : graph_.symbols)
        if (info.value == from) info.value = to;
    for (const Use& u : a.users) touched_.push_back(u.node);
    bool differs = a.desc.dims != b.desc.dims;
    graph_.replaceUses(from, to);
    if (differs) reinfer(to);
}

// Infers the readers of a value anew, and theirs, as far as anything changes.
void Edit::reinfer(ValueId v) {
    std::deque<NodeId> pending;
    std::unordered_set<NodeId> waits;
    auto push = [&](ValueId changed) {
        for (const Use& u : graph_.value(changed).users)
            if (waits.insert(u.node).second) pending.push_back(u.node);
    };
    push(v);
    while (!pending.empty()) {
        NodeId n = pending.front();
        pending.pop_front();
        waits.erase(n);
        std::vector<std::pair<DimVector, std::optional<DimVector>>> before;
        for (ValueId o : graph_.node(n).outputs)
            before.emplace_back(graph_.value(o).desc.dims, graph_.value(o).known);
        inferNode(graph_, n);
        const auto& outputs = graph_.node(n).outputs;
        for (size_t i = 0; i < outputs.size(); ++i) {
            const Value& o = graph_.value(outputs[i]);
            if (o.desc.dims != before[i].first || o.known != before[i].second) push(o.id);
        }
    }
}

static bool isDead(const Graph& g, const Node& n) {
    if (n.op.def().has(kSideEffect) || n.outputs.empty()) return false;
    return std::all_of(n.outputs.begin(), n.outputs.end(),
                       [&](ValueId v) { return g.value(v).users.empty() && isInternal(g, v); });
}

void Edit::sweep(std::vector<NodeId> candidates) {
    while (!candidates.empty()) {
        NodeId id = candidates.back();
        candidates.pop_back();
        if (!graph_.isAlive(id) || !isDead(graph_, graph_.node(id))) continue;
        const Node& n = graph_.node(id);
        std::vector<ValueId> inputs = n.inputs;
        removedNames_.push_back(n.name);
        // What a rule stepped over without naming it is done by what replaces it.
        if (isReal(graph_.value(n.outputs[0]).desc.type)) origins_.add(n.origins);
        graph_.removeNode(id);
        for (ValueId v : inputs) {
            if (v == kNoValue || !graph_.hasValue(v)) continue;
            const Value& value = graph_.value(v);
            if (value.producer != kNoNode) candidates.push_back(value.producer);
            // The last reader of a tensor may now do what a second reader forbade.
            if (value.users.size() == 1 && !value.constant) touched_.push_back(value.users[0].node);
        }
    }
}

void Edit::rename() {
    std::map<std::string, std::deque<std::string>> removed;  // by what they are called without "#"
    for (std::string& s : removedNames_) removed[stem(s)].push_back(std::move(s));
    // The last node added is the one that takes the root's place: it chooses first.
    for (auto it = added_.rbegin(); it != added_.rend(); ++it) {
        const Added& a = *it;
        if (!graph_.isAlive(a.node)) continue;
        Node& n = graph_.node(a.node);
        n.origins = origins_;
        n.precision = precision_;
        n.metadata = metadata_;
        bool internal = n.outputs.size() == 1 && isInternal(graph_, n.outputs[0]);
        std::string wanted = internal ? a.wanted : stem(rootName_);
        auto free = removed.find(wanted);
        if (free == removed.end() || free->second.empty()) continue;
        n.name = std::move(free->second.front());
        free->second.pop_front();
        // Symbols are named after values: those that only the step itself makes keep theirs.
        if (internal && !n.op.def().has(kDataDependent)) graph_.value(n.outputs[0]).name = n.name;
    }
}

Outcome Edit::commit() {
    std::string why = conflict_;
    for (const auto& [from, to] : replacements_)
        if (why.empty()) why = refusal(from, to);
    if (!why.empty()) {
        rollback();
        return no(why);
    }
    finished_ = true;
    std::vector<NodeId> candidates;
    for (const auto& [from, to] : replacements_) {
        if (graph_.value(from).producer != kNoNode)
            candidates.push_back(graph_.value(from).producer);
        apply(from, to);
    }
    for (const Added& a : added_) {
        candidates.push_back(a.node);  // unread by-products
        touched_.push_back(a.node);
    }
    sweep(std::move(candidates));
    rename();
    std::erase_if(touched_, [&](NodeId n) { return !graph_.isAlive(n); });
    return done();
}

void Edit::rollback() {
    finished_ = true;
    for (auto it = added_.rbegin(); it != added_.rend(); ++it) graph_.removeNode(it->node);
    added_.clear();
    touched_.clear();
}

size_t sweepDead(Graph& g) {
    size_t removed = 0;
    std::vector<NodeId> order = g.order();
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        if (!isDead(g, g.node(*it))) continue;
        g.removeNode(*it);
        ++removed;
    }
    g.removeDeadValues();
    return removed;
}

}  // namespace bireme::ir
