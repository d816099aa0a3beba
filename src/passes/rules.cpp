// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"

#include "base/status.h"

#include <deque>
#include <map>
#include <set>

namespace bireme::passes {

namespace {

struct Entry {
    const Rule* rule;
    Pattern pattern;
};

class Rewriter {
public:
    Rewriter(PassRun& run, std::initializer_list<const Rule*> rules)
        : run_(run), constants_(run.graph) {
        for (const Rule* r : rules) entries_.push_back({r, r->pattern()});
    }

    void all() {
        for (ir::NodeId n : run_.graph.order()) push(n);
        // Rules make graphs smaller or simpler; the bound only ends two rules that undo each other.
        size_t limit = 16 * queue_.size() + 256, total = queue_.size();
        for (size_t step = 0; !queue_.empty() && step < limit && run_.mayRewrite(); ++step) {
            if (step % 256 == 0) run_.context.progress(run_.pass, std::min(step, total), total);
            ir::NodeId n = queue_.front();
            queue_.pop_front();
            queued_[n] = false;
            if (run_.graph.isAlive(n)) visit(n);
        }
        for (const auto& [node, why] : refused_)
            if (run_.graph.isAlive(node)) run_.didNot(run_.graph.node(node).name, why);
    }

private:
    void push(ir::NodeId n) {
        if (static_cast<size_t>(n) >= queued_.size())
            queued_.resize(static_cast<size_t>(n) + 64, false);
        if (queued_[n]) return;
        queued_[n] = true;
        queue_.push_back(n);
    }

    // Rules whose pattern can start at a node of this op.
    const std::vector<size_t>& candidates(const ir::Node& n) {
        auto [it, fresh] = byOp_.try_emplace(&n.op.def());
        if (!fresh) return it->second;
        for (size_t i = 0; i < entries_.size(); ++i)
            for (const std::type_info* t : entries_[i].pattern.types())
                if (*t == *n.op.def().type) it->second.push_back(i);
        return it->second;
    }

    void visit(ir::NodeId n) {
        refused_.erase(n);
        for (size_t i : candidates(run_.graph.node(n)))
            if (attempt(entries_[i], n)) return;
    }

    bool attempt(const Entry& entry, ir::NodeId n) {
        Match m;
        if (!ir::match(run_.graph, constants_, entry.pattern, n, m)) return false;
        std::string layer = run_.graph.node(n).name;
        Edit edit(run_.graph, constants_, m.nodes());
        Outcome outcome;
        try {
            outcome = entry.rule->apply(edit, m);
        } catch (const Error& e) {
            outcome =
                no(e.message());  // an op refused its operands: the rewrite was not meant for them
        }
        std::string what = std::move(outcome.why);
        if (outcome.done) {
            outcome = edit.commit();
            if (!outcome.done) what = std::move(outcome.why);
        }
        if (!outcome.done) {
            if (!what.empty()) refused_[n] = std::move(what);
            return false;
        }
        run_.did(layer, what);
        for (ir::NodeId t : edit.touched()) push(t);
        if (run_.graph.isAlive(n)) push(n);
        return true;
    }

    PassRun& run_;
    ir::Constants constants_;
    std::vector<Entry> entries_;
    std::map<const ir::OpDef*, std::vector<size_t>> byOp_;
    std::deque<ir::NodeId> queue_;
    std::vector<bool> queued_;
    std::map<ir::NodeId, std::string> refused_;  // the last reason per node, told once at the end
};

}  // namespace

void applyRules(PassRun& run, std::initializer_list<const Rule*> rules) {
    Rewriter(run, rules).all();
}

}  // namespace bireme::passes
