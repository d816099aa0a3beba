// SPDX-License-Identifier: Apache-2.0
#include "ir/pattern.h"

#include <algorithm>

namespace bireme::ir {

ValueId Match::operator[](std::string_view name) const {
    for (const auto& [n, v] : values_)
        if (n == name) return v;
    return kNoValue;
}

bool isInternal(const Graph& g, ValueId v) {
    return !g.value(v).debug && !g.isOutput(v) && !g.isInput(v);
}

// Depth first over a stack of goals, so that both orders of a commutative op are tried with all
// that follows.
class Matcher {
public:
    Matcher(const Graph& g, Constants& constants, Match& found)
        : g_(g), constants_(constants), found_(found) {}

    bool run(const Pattern& p, NodeId root) {
        found_.nodes_.clear();
        found_.values_.clear();
        if (g_.node(root).outputs.empty()) return false;
        goals_.push_back({&p, g_.node(root).outputs[0]});
        return solve(true);
    }

private:
    struct Goal {
        const Pattern* pattern;
        ValueId value;
    };

    bool solve(bool root = false) {
        if (goals_.empty()) return true;
        Goal goal = goals_.back();
        goals_.pop_back();
        auto values = found_.values_;
        size_t nodes = found_.nodes_.size();
        if (fits(*goal.pattern, goal.value, root) && operands(*goal.pattern, goal.value))
            return true;
        found_.values_ = std::move(values);
        found_.nodes_.resize(nodes);
        goals_.push_back(goal);
        return false;
    }

    // The value itself: name, constness, op, readers.
    bool fits(const Pattern& p, ValueId v, bool root) {
        if (v == kNoValue) return p.types_.empty() && !p.constant_ && !*p.name_;
        if (p.constant_ && !constants_.is(v)) return false;
        if (*p.name_ && !bind(p.name_, v)) return false;
        if (p.types_.empty()) return true;
        const Node* n = g_.producer(v);
        if (!n || n->outputs[0] != v) return false;
        bool typed = std::any_of(p.types_.begin(), p.types_.end(),
                                 [&](auto* t) { return *n->op.def().type == *t; });
        if (!typed || (!root && p.single_ && (g_.useCount(v) != 1 || !isInternal(g_, v))))
            return false;
        for (const auto& [test, argument] : p.tests_)
            if (!test(n->op, argument)) return false;
        found_.nodes_.push_back(n->id);
        return n->inputs.size() >= p.operands_.size();
    }

    bool bind(const char* name, ValueId v) {
        for (const auto& [n, bound] : found_.values_)
            if (n == name) return bound == v;
        found_.values_.emplace_back(name, v);
        return true;
    }

    bool operands(const Pattern& p, ValueId v) {
        if (p.operands_.empty()) return solve();
        const Node& n = *g_.producer(v);
        for (int order = 0; order < (p.either_ && n.inputs.size() >= 2 ? 2 : 1); ++order) {
            auto saved = goals_;
            for (size_t i = p.operands_.size(); i-- > 0;)
                goals_.push_back({&p.operands_[i], n.inputs[i < 2 && order ? 1 - i : i]});
            if (solve()) return true;
            goals_ = std::move(saved);
        }
        return false;
    }

    const Graph& g_;
    Constants& constants_;
    Match& found_;
    std::vector<Goal> goals_;
};

bool match(const Graph& g, Constants& constants, const Pattern& p, NodeId node, Match& found) {
    return Matcher(g, constants, found).run(p, node);
}

}  // namespace bireme::ir
