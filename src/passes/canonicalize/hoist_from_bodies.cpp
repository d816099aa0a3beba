// SPDX-License-Identifier: Apache-2.0
#include "ir/attributes.h"
#include "ir/constants.h"
#include "ir/edit.h"
#include "ir/verify.h"
#include "ops/conditional.h"
#include "ops/expand.h"
#include "ops/loop.h"
#include "ops/scan.h"
#include "ops/slice.h"
#include "passes/pass.h"
#include "passes/support/parts.h"

#include <algorithm>
#include <map>
#include <set>

namespace bireme::passes {

namespace {

// Moves nodes of the bodies of one If, Loop or Scan in front of it.
class Hoister {
public:
    Hoister(PassRun& run, ir::NodeId owner)
        : run_(run), g_(run.graph), owner_(owner), bodies_(g_.node(owner).bodies.size()) {
        for (ir::NodeId id : body(0).order()) place_.emplace(id, place_.size());
    }

    // Body input `input` is operand `operand` of the owner, whatever the turn.
    void passes(size_t which, size_t input, size_t operand) {
        bodies_[which].outside[body(which).inputs()[input]] = g_.node(owner_).inputs[operand];
    }

    // `safe`: the body runs for certain, so that what it computes may as well fail before it.
    void turns(bool safe) {
        for (ir::NodeId id : body(0).order()) {
            std::string why;
            if (isInvariant(id, safe, why))
                bodies_[0].same[id] = id;
            else if (!why.empty())
                run_.didNot(body(0).node(id).name, cat("stays in the body: ", why));
        }
        hoistAll("every turn computes the same: once, before the loop");
    }

    void branches() {
        findTwins();
        hoistAll("both branches compute it: once, before them");
    }

private:
    struct Body {
        std::map<ir::ValueId, ir::ValueId> outside;  // what values are in the graph of the owner
        std::map<ir::NodeId, ir::NodeId> same;       // nodes that may leave, by those of body 0
        std::set<ir::NodeId> gone;                   // of them, those that do
    };

    ir::Graph& body(size_t k) { return g_.node(owner_).bodies[k]; }

    static bool mayMove(const ir::Graph& b, const ir::Node& n, std::string& why) {
        if (n.inputs.empty() || n.outputs.empty() || !n.bodies.empty()) return false;
        if (n.op.def().has(ir::kDataDependent))
            why = "only running it tells its extents";
        else if (!ir::isFoldable(n))
            why = cat(n.op.name(), " is not a function of its operands alone");
        for (ir::ValueId v : n.outputs)
            if (!ir::isInternal(b, v))
                why = cat("\"", b.value(v).name, "\" is a result of the body");
        return why.empty();
    }

    // Is it bytes, a value of outside, or what a node gives that may leave?
    bool isOutside(ir::ValueId v) {
        const ir::Graph& b = body(0);
        if (v == ir::kNoValue || bodies_[0].outside.count(v)) return true;
        if (b.isConstant(v)) return !b.value(v).refittable;
        const ir::Node* from = b.producer(v);
        return from && bodies_[0].same.count(from->id);
    }

    bool isInvariant(ir::NodeId id, bool safe, std::string& why) {
        const ir::Graph& b = body(0);
        const ir::Node& n = b.node(id);
        bool any = false;  // else it is a constant, which needs no place
        for (ir::ValueId v : n.inputs) {
            if (!isOutside(v)) return false;
            any = any || (v != ir::kNoValue && !b.isConstant(v));
        }
        if (!any || !mayMove(b, n, why)) return false;
        for (ir::ValueId v : n.inputs)
            if (!safe && v != ir::kNoValue && !b.isConstant(v) && !isReal(b.value(v).desc.type))
                why = "there may be no turn, and then what it reads may be out of range";
        return why.empty();
    }

    // What costs nothing, or makes a larger tensor of a small one, leaves only for its readers.
    bool isWorth(ir::NodeId id) {
        const ir::Node& n = body(0).node(id);
        if (n.op.def().has(ir::kView) || n.op.is<ops::Expand>() || isPiece(n)) return false;
        return std::none_of(n.outputs.begin(), n.outputs.end(),
                            [&](ir::ValueId v) { return body(0).value(v).known.has_value(); });
    }

    // A piece of a tensor is read where it lies.
    bool isPiece(const ir::Node& n) {
        const auto* slice = n.op.as<ops::Slice>();
        return slice && slice->stride.empty() &&
               (n.inputs.size() < 4 || n.inputs[3] == ir::kNoValue) &&
               liesTogether(body(0).value(n.inputs[0]).desc.dims,
                            body(0).value(n.outputs[0]).desc.dims);
    }

    // Finds the nodes of both branches that compute the same of the same.
    void findTwins() {
        std::map<std::string, ir::NodeId> first;
        for (size_t k = 0; k < 2; ++k) {
            std::map<ir::ValueId, std::string> names;
            for (const auto& [inner, outer] : bodies_[k].outside) names[inner] = cat(outer);
            for (ir::NodeId id : body(k).order()) {
                const ir::Node& n = body(k).node(id);
                const std::string key = keyOf(body(k), n, names);
                std::string why;
                if (key.empty() || !mayMove(body(k), n, why)) continue;
                if (k == 0) first.emplace(key, id);
                const auto twin = first.find(key);
                if (twin == first.end()) continue;
                bodies_[k].same.emplace(twin->second, id);
                for (size_t i = 0; i < n.outputs.size(); ++i)
                    names[n.outputs[i]] = cat("n", twin->second, ".", i);
            }
        }
        std::erase_if(bodies_[0].same,
                      [&](const auto& s) { return !bodies_[1].same.count(s.first); });
    }

    // Empty for a node that reads what is the branch's own.
    static std::string keyOf(const ir::Graph& b, const ir::Node& n,
                             const std::map<ir::ValueId, std::string>& names) {
        std::string key = cat(n.op.name(), "{", ir::attributeText(n.op), "} ",
                              n.precision ? static_cast<int>(*n.precision) : -1);
        for (const auto& t : n.outputTypes) key += cat(",", t ? static_cast<int>(*t) : -1);
        bool any = false;
        for (ir::ValueId v : n.inputs) {
            if (v == ir::kNoValue) {
                key += " _";
            } else if (auto at = names.find(v); at != names.end()) {
                key += " " + at->second;
                any = true;
            } else if (b.isConstant(v) && !b.value(v).refittable) {
                const Blob& bytes = b.value(v).constant;
                key += cat(" c", b.value(v).desc.text(), ":");
                if (bytes.size() <= kCompared)
                    key.append(static_cast<const char*>(static_cast<const void*>(bytes.data())),
                               bytes.size());
                else
                    key += cat(reinterpret_cast<uintptr_t>(bytes.data()));
            } else {
                return {};
            }
        }
        return any ? key : std::string();
    }

    void hoistAll(const char* what) {
        for (ir::NodeId id : body(0).order()) {
            if (!run_.mayRewrite()) break;
            if (!bodies_[0].same.count(id) || !isWorth(id)) continue;
            for (ir::NodeId n : needed(id)) compute(n);
            gone_.push_back(id);
            for (Body& b : bodies_) b.gone.insert(b.same[id]);
            run_.did(body(0).node(id).name, what);
        }
        for (ir::NodeId id : gone_)
            for (size_t i = 0; i < body(0).node(id).outputs.size(); ++i) pass(id, i);
        for (size_t k = 0; k < bodies_.size() && !gone_.empty(); ++k) {
            for (auto id = gone_.rbegin(); id != gone_.rend(); ++id)
                body(k).removeNode(bodies_[k].same[*id]);
            ir::sweepDead(body(k));
        }
    }

    // The node after what it reads that is not computed outside yet.
    std::vector<ir::NodeId> needed(ir::NodeId id) {
        std::vector<ir::NodeId> pending{id};
        std::map<size_t, ir::NodeId> found;  // by place, so that operands come first
        while (!pending.empty()) {
            const ir::NodeId at = pending.back();
            pending.pop_back();
            if (!found.emplace(place_.at(at), at).second) continue;
            for (ir::ValueId v : body(0).node(at).inputs) {
                if (v == ir::kNoValue || bodies_[0].outside.count(v)) continue;
                if (const ir::Node* from = body(0).producer(v)) pending.push_back(from->id);
            }
        }
        std::vector<ir::NodeId> order;
        for (const auto& [place, n] : found) order.push_back(n);
        return order;
    }

    ir::ValueId outside(ir::ValueId v) {
        if (v == ir::kNoValue) return v;
        auto& known = bodies_[0].outside;
        if (auto at = known.find(v); at != known.end()) return at->second;
        const ir::Value value = body(0).value(v);  // a constant
        const ir::ValueId to = g_.addConstant(value.name, value.desc, value.constant);
        g_.value(to).name = cat(value.name, "#c", to);
        g_.value(to).known = value.known;
        return known[v] = to;
    }

    void compute(ir::NodeId id) {
        const ir::Node n = body(0).node(id);
        std::vector<ir::ValueId> inputs;
        for (ir::ValueId v : n.inputs) inputs.push_back(outside(v));
        const ir::NodeId made =
            g_.addNode(n.op, std::move(inputs), static_cast<int>(n.outputs.size()), n.name);
        ir::Node& to = g_.node(made);
        to.name = cat(n.name, "#", made);
        to.origins = n.origins;
        to.metadata = n.metadata;
        to.precision = n.precision;
        to.outputTypes = n.outputTypes;
        for (size_t i = 0; i < n.outputs.size(); ++i) {
            bodies_[0].outside[n.outputs[i]] = to.outputs[i];
            g_.value(to.outputs[i]).name = n.outputs.size() == 1 ? to.name : cat(to.name, ":", i);
        }
        ir::inferNode(g_, made);
    }

    // Output `i` of the node becomes one more operand of the owner, if a body still reads it.
    void pass(ir::NodeId id, size_t i) {
        bool read = false;
        for (size_t k = 0; k < bodies_.size(); ++k) {
            const ir::Node& n = body(k).node(bodies_[k].same[id]);
            for (const ir::Use& u : body(k).value(n.outputs[i]).users)
                read = read || !bodies_[k].gone.count(u.node);
        }
        if (!read) return;
        const ir::ValueId to = bodies_[0].outside[body(0).node(id).outputs[i]];
        g_.setInput(owner_, static_cast<int>(g_.node(owner_).inputs.size()), to);
        for (size_t k = 0; k < bodies_.size(); ++k) {
            ir::Graph& b = body(k);
            const ir::ValueId from = b.node(bodies_[k].same[id]).outputs[i];
            const ir::ValueId in = b.addInput(b.value(from).name, TensorDesc(b.value(from).desc));
            b.value(in).known = b.value(from).known;
            b.replaceUses(from, in);
        }
    }

    static constexpr size_t kCompared = 4096;  // larger constants are equal where they are one
    PassRun& run_;
    ir::Graph& g_;
    ir::NodeId owner_;
    std::vector<Body> bodies_;
    std::map<ir::NodeId, size_t> place_;  // of body 0's nodes in its order
    std::vector<ir::NodeId> gone_;        // of body 0, in order
};

// Do all turns pass this carried value on as it is?
bool isPassedOn(const ir::Graph& body, size_t input, size_t output) {
    ir::ValueId v = body.outputs()[output];
    while (const ir::Node* n = body.producer(v)) {
        if (n->op.name() != "identity") return false;
        v = n->inputs[0];
    }
    return v == body.inputs()[input];
}

// Is a number known that is at least 1? An absent one is no limit.
bool isPositive(const ir::Graph& g, ir::ValueId v) {
    if (v == ir::kNoValue) return true;
    const auto& known = g.value(v).known;
    return known && known->size() == 1 && known->front().range(g.symbolRanges()).min >= 1;
}

void hoistFromLoop(PassRun& run, ir::NodeId id, size_t carried) {
    const ir::Node& n = run.graph.node(id);
    Hoister h(run, id);
    for (size_t i = 2; i < n.inputs.size(); ++i)
        if (i >= 2 + carried || isPassedOn(n.bodies[0], i, i - 1)) h.passes(0, i, i);
    h.turns(isPositive(run.graph, n.inputs[0]) && isPositive(run.graph, n.inputs[1]));
}

void hoistFromScan(PassRun& run, ir::NodeId id, const ops::Scan& op) {
    const ir::Node& n = run.graph.node(id);
    const auto states = static_cast<size_t>(op.states);
    Hoister h(run, id);
    for (size_t i = 0; i < n.inputs.size(); ++i)
        if (i >= states + static_cast<size_t>(op.sequences) ||
            (i < states && isPassedOn(n.bodies[0], i, i)))
            h.passes(0, i, i);
    const DimVector& dims = run.graph.value(n.inputs[states]).desc.dims;
    int64_t axis = op.inputAxes.empty() ? 0 : op.inputAxes[0];
    if (axis < 0) axis += static_cast<int64_t>(dims.size());
    h.turns(dims[static_cast<size_t>(axis)].range(run.graph.symbolRanges()).min >= 1);
}

void hoistFromBranches(PassRun& run, ir::NodeId id) {
    const ir::Node& n = run.graph.node(id);
    Hoister h(run, id);
    for (size_t k = 0; k < n.bodies.size(); ++k)
        for (size_t i = 1; i < n.inputs.size(); ++i) h.passes(k, i - 1, i);
    h.branches();
}

}  // namespace

// t = t + f(a), again and again => b = f(a), t = t + b; c ? g(f(a)) : h(f(a)) => b = f(a), c ? g(b)
// : h(b)
BIREME_PASS(hoist_from_bodies,
            "what every turn of a loop, or both branches of an if, make of the same tensors => "
            "made once, before it") {
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        const ir::Op op = run.graph.node(id).op;
        if (const auto* loop = op.as<ops::Loop>())
            hoistFromLoop(run, id, static_cast<size_t>(loop->carried));
        else if (const auto* scan = op.as<ops::Scan>())
            hoistFromScan(run, id, *scan);
        else if (op.is<ops::If>())
            hoistFromBranches(run, id);
    }
}

}  // namespace bireme::passes
