// SPDX-License-Identifier: Apache-2.0
#include "ir/attributes.h"
#include "ir/edit.h"
#include "ir/group.h"
#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/matrix_multiply.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/pass.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

#include <algorithm>
#include <map>

namespace bireme::passes {

namespace {

// A product or convolution of constant weights, and what follows it column by column.
struct Sibling {
    ir::NodeId anchor = ir::kNoNode;
    bool convolution = false;
    int axis = 0;        // of the output's columns or channels
    int weightAxis = 0;  // the same in the weights
    int64_t width = 0;
    ir::ValueId bias = ir::kNoValue;  // constant, one value per column or one for all
    ir::NodeId biasNode = ir::kNoNode;
    std::vector<ir::NodeId> chain;  // pointwise nodes of constants behind the bias
    ir::ValueId end = ir::kNoValue;
};

// Reads the siblings of one graph; `why` says what keeps a node from being one ("" : it is no
// matter).
class Reader {
public:
    Reader(const PassRun& run, ir::Constants& constants)
        : g_(run.graph), context_(run.context), constants_(constants) {}

    bool read(ir::NodeId id, Sibling& s, std::string& why) {
        const ir::Node& n = g_.node(id);
        s.anchor = id;
        if (!(n.op.is<ops::Convolution>() ? convolution(n, s) : product(n, s))) return false;
        s.end = n.outputs[0];
        const TensorDesc& w = g_.value(n.inputs[1]).desc;
        const ir::Node* joined = g_.producer(n.inputs[1]);
        if (joined && joined->op.is<ops::Concat>()) return false;  // merged already
        if (!allStatic(w.dims)) return false;
        s.width = w.dims[static_cast<size_t>(s.weightAxis)].value();
        if (s.width == 0) return false;
        follow(s);
        why = readersRefuse(s.end);
        return true;
    }

    // What must be equal for siblings to be one: input, attributes, the weights' other dims, and
    // the functions that follow.
    std::string key(const Sibling& s) const {
        const ir::Node& n = g_.node(s.anchor);
        const TensorDesc& w = g_.value(n.inputs[1]).desc;
        std::string key =
            cat(n.inputs[0], n.op.name(), "{", ir::attributeText(n.op), "} ", bireme::name(w.type));
        for (int d = 0; d < w.rank(); ++d)
            key += d == s.weightAxis ? " *" : " " + w.dims[static_cast<size_t>(d)].text();
        for (ir::NodeId c : s.chain) {
            const ir::Node& p = g_.node(c);
            key += cat(" ", ir::attributeText(p.op));
            for (ir::ValueId v : p.inputs) key += constants_.is(v) ? " c" : " x";
        }
        return key;
    }

private:
    bool product(const ir::Node& n, Sibling& s) {
        const auto* op = n.op.as<ops::MatrixMultiply>();
        if (!op || op->opA == MatrixOperation::kVECTOR || op->opB == MatrixOperation::kVECTOR)
            return false;
        const DimVector& w = g_.value(n.inputs[1]).desc.dims;
        if (w.size() < 2 || constants_.is(n.inputs[0]) ||
            !std::all_of(w.begin(), w.end() - 2, [](const Dim& d) { return d.is(1); }))
            return false;
        s.weightAxis =
            static_cast<int>(w.size()) - (op->opB == MatrixOperation::kTRANSPOSE ? 2 : 1);
        s.axis = g_.value(n.outputs[0]).desc.rank() - 1;
        return constants_.is(n.inputs[1]);
    }

    bool convolution(const ir::Node& n, Sibling& s) {
        s.convolution = true;
        s.axis = 1, s.weightAxis = 0;
        bool biased = n.inputs.size() > 2 && n.inputs[2] != ir::kNoValue;
        if (biased) s.bias = n.inputs[2];
        return n.op.as<ops::Convolution>()->groups == 1 && !constants_.is(n.inputs[0]) &&
               constants_.is(n.inputs[1]) && (!biased || constants_.is(s.bias));
    }

    // The longest chain of functions of the one result and of constants that stand per column.
    void follow(Sibling& s) {
        while (s.chain.size() < kMaxChain) {
            if (!ir::isInternal(g_, s.end) || g_.value(s.end).users.size() != 1) return;
            const ir::Node& n = g_.node(g_.value(s.end).users[0].node);
            const auto* p = n.op.as<Pointwise>();
            if (!p || n.outputs.size() != 1 || n.inputs.size() > 2 ||
                !(g_.value(n.outputs[0]).desc.dims == g_.value(s.end).desc.dims))
                return;
            ir::ValueId other = ir::kNoValue;
            for (ir::ValueId v : n.inputs)
                if (v != s.end) other = v;
            if (n.inputs.size() == 2 && (other == ir::kNoValue || !perColumn(other, s))) return;
            bool bias = p->fn == PointwiseFn::sum && s.chain.empty() && s.bias == ir::kNoValue;
            if (bias)
                s.bias = other, s.biasNode = n.id;
            else
                s.chain.push_back(n.id);
            s.end = n.outputs[0];
        }
    }

    bool perColumn(ir::ValueId v, const Sibling& s) {
        return constants_.is(v) &&
               valuesAlong(g_.value(v).desc, g_.value(s.end).desc, s.axis).has_value();
    }

    // A part of a wider tensor must suit whoever reads it, or a copy eats what the merge gains.
    std::string readersRefuse(ir::ValueId v, int depth = 0) {
        if (depth > kMaxDepth) return "a long chain of views reads it";
        if (!ir::isInternal(g_, v)) return cat("the user sees tensor \"", g_.value(v).name, "\"");
        const auto& users = g_.value(v).users;
        for (const ir::Use& u : users) {
            const ir::Node& n = g_.node(u.node);
            if (n.op.is<Pointwise>()) {
                if (users.size() == 1)
                    return cat("\"", n.name, "\" would no longer run with its product");
                continue;
            }
            if (n.op.def().has(ir::kView) || n.op.is<ops::Transpose>()) {
                for (ir::ValueId o : n.outputs)
                    if (std::string why = readersRefuse(o, depth + 1); !why.empty()) return why;
                continue;
            }
            auto [asked, fresh] = readsParts_.try_emplace(n.id, true);
            if (fresh) asked->second = context_.readsParts(ir::bodyOf(g_, n.id)).ok;
            if (!asked->second)
                return cat("no kernel of its reader \"", n.name, "\" (", n.op.name(),
                           ") reads parts of a larger tensor");
        }
        return {};
    }

    static constexpr size_t kMaxChain = 8;
    static constexpr int kMaxDepth = 8;
    const ir::Graph& g_;
    const PassContext& context_;
    ir::Constants& constants_;
    std::map<ir::NodeId, bool> readsParts_;  // asked once: one reader may join thousands
};

// Builds the wide node and its parts.
class Merger {
public:
    Merger(ir::Edit& e, const std::vector<Sibling>& all) : e_(e), all_(all), first_(all.front()) {}

    // Empty, or why not.
    std::string run() {
        for (const Sibling& s : all_)
            if (std::string why = whyFixed(e_, e_.graph().node(s.anchor).inputs[1]); !why.empty())
                return cat(why, " (\"", e_.graph().node(s.anchor).name, "\")");
        const ir::Node anchor = e_.graph().node(first_.anchor);
        type_ = e_.desc(anchor.outputs[0]).type;
        rank_ = e_.desc(anchor.outputs[0]).rank();
        std::vector<ir::ValueId> in{anchor.inputs[0], weights()};
        bool biased = std::any_of(all_.begin(), all_.end(),
                                  [](const Sibling& s) { return s.bias != ir::kNoValue; });
        std::vector<ir::ValueId> biases;
        for (const Sibling& s : all_) biases.push_back(s.bias);
        if (biased && first_.convolution) in.push_back(perColumn(biases, 1, 0));
        ir::ValueId y = e_.add(anchor.op, in, first_.anchor);
        if (biased && !first_.convolution)
            y = e_.add(pointwiseOp(PointwiseFn::sum),
                       {y, perColumn(biases, rank_, static_cast<size_t>(first_.axis))});
        for (size_t i = 0; i < first_.chain.size(); ++i) y = chained(y, i);
        parts(y);
        return {};
    }

    // Of the parts: a thousand parts that each name all thousand layers would be a million names.
    void tellOrigins(ir::Graph& g) const {
        for (const auto& [part, own] : origins_)
            if (g.isAlive(part)) g.node(part).origins = own;
    }

private:
    static constexpr size_t kMaxOrigins = 16;
    ir::ValueId joined(const std::vector<ir::ValueId>& values, int64_t axis) {
        ops::Concat op;
        op.axis = axis;
        return e_.add(ir::Op::of(op), values, first_.anchor);
    }

    ir::ValueId weights() {
        std::vector<ir::ValueId> all;
        for (const Sibling& s : all_) all.push_back(e_.graph().node(s.anchor).inputs[1]);
        return joined(all, first_.weightAxis);
    }

    // Constants of all siblings side by side, one value per column; absent ones are zero.
    ir::ValueId perColumn(const std::vector<ir::ValueId>& values, int rank, size_t axis) {
        std::vector<ir::ValueId> all;
        for (size_t i = 0; i < values.size(); ++i) {
            std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
            ir::ValueId v = values[i];
            if (v == ir::kNoValue) v = e_.addScalar(0, type_, rank);
            bool single = volume(e_.desc(v).dims).is(1);
            if (!single) dims[axis] = all_[i].width;
            v = e_.viewOfConstant(v, dims);
            if (single && all_[i].width != 1) {
                dims[axis] = all_[i].width;
                v = e_.add(ir::Op(*ir::OpRegistry::global().find("expand")), {v, e_.addInts(dims)},
                           first_.anchor);
            }
            all.push_back(v);
        }
        return joined(all, static_cast<int64_t>(axis));
    }

    ir::ValueId chained(ir::ValueId y, size_t at) {
        const ir::Node step = e_.graph().node(first_.chain[at]);
        std::vector<ir::ValueId> in;
        for (size_t k = 0; k < step.inputs.size(); ++k) {
            if (!e_.isConstant(step.inputs[k])) {
                in.push_back(y);
                continue;
            }
            std::vector<ir::ValueId> values;
            for (const Sibling& s : all_) values.push_back(e_.graph().node(s.chain[at]).inputs[k]);
            in.push_back(perColumn(values, rank_, static_cast<size_t>(first_.axis)));
        }
        return e_.add(step.op, in, step.id);
    }

    void parts(ir::ValueId y) {
        int64_t at = 0;
        for (const Sibling& s : all_) {
            ops::Slice op;
            op.start = {at}, op.size = {s.width}, op.axes = {s.axis};
            at += s.width;
            const ir::NodeId from = e_.producer(s.end)->id;
            const ir::ValueId part = e_.add(ir::Op::of(op), {y}, from);
            e_.replace(s.end, part);
            auto own = e_.graph().node(from).origins;
            if (own.list().size() > kMaxOrigins) own = {};
            origins_.emplace_back(e_.producer(part)->id, std::move(own));
        }
    }

    ir::Edit& e_;
    const std::vector<Sibling>& all_;
    const Sibling& first_;
    DataType type_ = DataType::kFLOAT;
    int rank_ = 0;
    std::vector<std::pair<ir::NodeId, ir::Origins>> origins_;
};

void merge(PassRun& run, ir::Constants& constants, const std::vector<Sibling>& all) {
    std::vector<ir::NodeId> nodes;
    std::string names;
    for (const Sibling& s : all) {
        nodes.push_back(s.anchor);
        if (s.biasNode != ir::kNoNode) nodes.push_back(s.biasNode);
        nodes.insert(nodes.end(), s.chain.begin(), s.chain.end());
        if (&s != &all.front() && nodes.size() < 64)
            names += cat(names.empty() ? "\"" : ", \"", run.graph.node(s.anchor).name, "\"");
    }
    const std::string layer = run.graph.node(all.front().anchor).name;
    ir::Edit edit(run.graph, constants, nodes);
    Merger merger(edit, all);
    std::string why = merger.run();
    ir::Outcome outcome = why.empty() ? edit.commit() : ir::no(why);
    merger.tellOrigins(run.graph);
    if (outcome.done)
        run.did(layer, cat("one wide layer with ", names));
    else
        run.didNot(layer, cat("not merged with ", names, ": ", outcome.why));
}

// Results of their own are better than parts of a wide one, where a kernel gives them at once.
bool runSideBySide(const PassRun& run, const std::vector<Sibling>& family) {
    if (!family.front().convolution) return false;
    std::vector<ir::NodeId> anchors;
    for (const Sibling& s : family) anchors.push_back(s.anchor);
    return run.context.canRun(ir::bodyOf(run.graph, anchors)).ok;
}

// Wider gains nothing: a layer of this many columns fills any machine by itself.
constexpr int64_t kMaxColumns = 16384;
constexpr size_t kMaxSiblings = 64;

void mergeAll(PassRun& run, ir::Constants& constants, const std::vector<Sibling>& family) {
    std::vector<Sibling> batch;
    int64_t columns = 0;
    auto flush = [&] {
        if (batch.size() > 1 && run.mayRewrite()) merge(run, constants, batch);
        batch.clear();
        columns = 0;
    };
    for (const Sibling& s : family) {
        if (columns + s.width > kMaxColumns || batch.size() == kMaxSiblings) flush();
        batch.push_back(s);
        columns += s.width;
    }
    flush();
}

}  // namespace

// f(x a + b), f(x c + d) => parts of f(x [a c] + [b d])     likewise convolutions with one window
BIREME_PASS(
    merge_siblings,
    "products (or convolutions) of one input with constant weights => one wider layer whose "
    "results are parts of its output") {
    ir::Constants constants(run.graph);
    Reader reader(run, constants);
    std::map<std::string, std::vector<Sibling>> families;
    std::vector<std::string> order;
    std::map<ir::NodeId, std::string> refused;
    for (ir::NodeId id : run.graph.order()) {
        const ir::Node& n = run.graph.node(id);
        if (!n.op.is<ops::MatrixMultiply>() && !n.op.is<ops::Convolution>()) continue;
        if (run.graph.value(n.inputs[0]).users.size() < 2) continue;
        Sibling s;
        std::string why;
        if (!reader.read(id, s, why)) continue;
        if (!why.empty()) {
            refused[id] = why;
            continue;
        }
        std::string key = reader.key(s);
        auto [it, fresh] = families.try_emplace(key);
        if (fresh) order.push_back(key);
        it->second.push_back(std::move(s));
    }
    for (const std::string& key : order) {
        const std::vector<Sibling>& family = families[key];
        if (family.size() < 2) continue;
        if (runSideBySide(run, family))
            run.didNot(run.graph.node(family[0].anchor).name,
                       "left to fuse_siblings: a kernel runs it beside its siblings");
        else
            mergeAll(run, constants, family);
    }
    for (const auto& [id, why] : refused)
        if (run.graph.isAlive(id))
            run.didNot(run.graph.node(id).name, cat("stays beside its siblings: ", why));
}

}  // namespace bireme::passes
