// SPDX-License-Identifier: Apache-2.0
// Picks one candidate per group so that kernel times plus the reformats between them are least over
// the whole graph.
#include "base/text.h"
#include "builder/job.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace bireme::builder {

namespace {

using Operand = tactic::Combination::Operand;

class Assignment {
public:
    Assignment(BuildJob& job, VariantJob& variant) : job_(job), v_(variant) {}

    void run() {
        double best = std::numeric_limits<double>::infinity();
        std::map<ir::NodeId, int> bestChoice;
        for (const Preference& prefer : preferences()) {
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
    // Where the sweeps begin: neighbours change their minds one at a time, so each layout and type
    // that a whole network may stand in is a start of its own.
    struct Preference {
        std::optional<bool> linear;
        std::optional<DataType> type;  // of real results
        bool likes(const Operand& o) const {
            return (!linear || o.format.isLinear() == *linear) &&
                   (!type || !isReal(o.type) || o.type == *type);
        }
    };

    std::vector<Preference> preferences() const {
        std::vector<std::optional<DataType>> types{std::nullopt};
        if (!job_.options.precisions.empty()) types.emplace_back(DataType::kFLOAT);
        for (DataType t : job_.options.precisions) types.emplace_back(t);
        std::vector<Preference> all;
        for (const auto& type : types)
            for (std::optional<bool> linear :
                 {std::optional<bool>(), std::optional(true), std::optional(false)})
                all.push_back({linear, type});
        return all;
    }

    static void start(GroupChoice& choice, const Preference& prefer) {
        choice.chosen = 0;
        double best = std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < choice.candidates.size(); ++i) {
            const Candidate& c = choice.candidates[i];
            bool liked = c.combination.outputs.empty() || prefer.likes(c.combination.outputs[0]);
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

    Operand operandOf(ir::ValueId value) const {
        const ir::Value& v = v_.graph.value(value);
        if (v.producer == ir::kNoNode) return {v.desc.type, Format::linear()};
        return v_.choices.at(v.producer)
            .choice()
            .combination.outputs[static_cast<size_t>(v.output)];
    }

    double reformatCost(ir::ValueId value, const Operand& from, const Operand& to) {
        const ir::Value& v = v_.graph.value(value);
        bool same = from.type == to.type && sameLayout(v.desc.dims, from.format, to.format);
        if (v.constant || same) return 0;
        auto [it, fresh] = elements_.try_emplace(value, 1.0);
        if (fresh)
            for (const Dim& d : v.desc.dims)
                it->second *= static_cast<double>(d.eval(v_.opt).value_or(1));
        constexpr double kBytesPerMs = 4e6,
                         kLaunchMs = 0.004;  // a reorder's read and write on one core of today
        return it->second * (bits(from.type) + bits(to.type)) / 8 / kBytesPerMs + kLaunchMs;
    }

    // Cost of the edges at a node: into it, and (both) out of it.
    double edges(ir::NodeId id, bool both) {
        const ir::Node& n = v_.graph.node(id);
        const auto& mine = v_.choices.at(id).choice().combination;
        double cost = 0;
        for (size_t i = 0; i < n.inputs.size(); ++i)
            if (n.inputs[i] != ir::kNoValue)
                cost += reformatCost(n.inputs[i], operandOf(n.inputs[i]), mine.inputs[i]);
        for (size_t o = 0; o < n.outputs.size(); ++o) {
            const Operand& from = mine.outputs[o];
            if (v_.graph.isOutput(n.outputs[o]))
                cost += reformatCost(n.outputs[o], from,
                                     {v_.graph.value(n.outputs[o]).desc.type, Format::linear()});
            if (!both) continue;
            for (const ir::Use& u : v_.graph.value(n.outputs[o]).users) {
                const auto& theirs = v_.choices.at(u.node).choice().combination;
                cost +=
                    reformatCost(n.outputs[o], from, theirs.inputs[static_cast<size_t>(u.input)]);
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
    std::map<ir::ValueId, double> elements_;
};

}  // namespace

void assignFormats(BuildJob& job, VariantJob& variant) { Assignment(job, variant).run(); }

}  // namespace bireme::builder
