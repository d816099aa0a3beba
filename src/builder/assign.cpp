// SPDX-License-Identifier: Apache-2.0
// Picks one candidate per group so that kernel times plus the reformats between them are least over
// the whole graph.
#include "base/text.h"
#include "builder/job.h"

#include <algorithm>
#include <limits>

namespace bireme::builder {

namespace {

class Assignment {
public:
    Assignment(BuildJob& job, VariantJob& variant) : job_(job), v_(variant) {}

    void run() {
        using Preference = bool (*)(const Format&);
        const Preference preferences[] = {
            [](const Format&) { return true; },
            [](const Format& f) { return f.isLinear(); },
            [](const Format& f) { return !f.isLinear(); },
        };
        double best = std::numeric_limits<double>::infinity();
        std::map<ir::NodeId, int> bestChoice;
        for (auto prefer : preferences) {
            for (ir::NodeId id : v_.order) start(v_.choices[id], prefer);
            improve();
            double cost = total();
            if (cost >= best) continue;
            best = cost;
            for (auto& [id, c] : v_.choices) bestChoice[id] = c.chosen;
        }
        for (auto& [id, c] : v_.choices) c.chosen = bestChoice[id];
        job_.log.verbose("profile ", v_.profile, ": kernels and reformats take ", best,
                         " ms by measurement");
    }

private:
    static void start(GroupChoice& choice, bool (*prefer)(const Format&)) {
        choice.chosen = 0;
        double best = std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < choice.candidates.size(); ++i) {
            const Candidate& c = choice.candidates[i];
            bool liked = c.combination.outputs.empty() || prefer(c.combination.outputs[0].format);
            double cost = c.milliseconds + (liked ? 0 : 1e6);
            if (cost < best) best = cost, choice.chosen = static_cast<int>(i);
        }
    }

    // Sweeps forth and back until nothing changes: each group takes what is cheapest among its
    // present neighbours.
    void improve() {
        for (int sweep = 0; sweep < 12; ++sweep) {
            bool changed = false;
            for (ir::NodeId id : v_.order) changed |= settle(id);
            for (auto it = v_.order.rbegin(); it != v_.order.rend(); ++it) changed |= settle(*it);
            if (!changed) return;
        }
    }

    bool settle(ir::NodeId id) {
        GroupChoice& choice = v_.choices[id];
        int before = choice.chosen, bestIndex = before;
        double best = std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < choice.candidates.size(); ++i) {
            choice.chosen = static_cast<int>(i);
            double cost = choice.candidates[i].milliseconds + edges(id, true);
            if (cost < best - 1e-9) best = cost, bestIndex = static_cast<int>(i);
        }
        choice.chosen = bestIndex;
        return bestIndex != before;
    }

    Format formatOf(ir::ValueId value) const {
        const ir::Value& v = v_.graph.value(value);
        if (v.producer == ir::kNoNode) return Format::linear();
        return v_.choices.at(v.producer)
            .choice()
            .combination.outputs[static_cast<size_t>(v.output)]
            .format;
    }

    double reformatCost(ir::ValueId value, const Format& from, const Format& to) {
        const ir::Value& v = v_.graph.value(value);
        if (v.constant || sameLayout(v.desc.dims, from, to)) return 0;
        auto [it, fresh] = bytes_.try_emplace(value, 0.0);
        if (fresh) {
            double n = static_cast<double>(bits(v.desc.type)) / 8;
            for (const Dim& d : v.desc.dims) n *= static_cast<double>(d.eval(v_.opt).value_or(1));
            it->second = n;
        }
        constexpr double kBytesPerMs = 4e6,
                         kLaunchMs = 0.004;  // a reorder's read and write on one core of today
        return it->second * 2 / kBytesPerMs + kLaunchMs;
    }

    // Cost of the edges at a node: into it, and (both) out of it.
    double edges(ir::NodeId id, bool both) {
        const ir::Node& n = v_.graph.node(id);
        const auto& mine = v_.choices.at(id).choice().combination;
        double cost = 0;
        for (size_t i = 0; i < n.inputs.size(); ++i)
            if (n.inputs[i] != ir::kNoValue)
                cost += reformatCost(n.inputs[i], formatOf(n.inputs[i]), mine.inputs[i].format);
        for (size_t o = 0; o < n.outputs.size(); ++o) {
            const Format& from = mine.outputs[o].format;
            if (v_.graph.isOutput(n.outputs[o]))
                cost += reformatCost(n.outputs[o], from, Format::linear());
            if (!both) continue;
            for (const ir::Use& u : v_.graph.value(n.outputs[o]).users) {
                const auto& theirs = v_.choices.at(u.node).choice().combination;
                cost += reformatCost(n.outputs[o], from,
                                     theirs.inputs[static_cast<size_t>(u.input)].format);
            }
        }
        return cost;
    }

    double total() {
        double cost = 0;
        for (ir::NodeId id : v_.order)
            cost += v_.choices[id].choice().milliseconds + edges(id, false);
        return cost;
    }

    BuildJob& job_;
    VariantJob& v_;
    std::map<ir::ValueId, double> bytes_;
};

}  // namespace

void assignFormats(BuildJob& job, VariantJob& variant) { Assignment(job, variant).run(); }

}  // namespace bireme::builder
