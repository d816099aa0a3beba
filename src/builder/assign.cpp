// SPDX-License-Identifier: Apache-2.0
// Picks one candidate per group so that kernel times plus the reformats between them are least over
// the whole graph.
#include "base/text.h"
#include "builder/job.h"
#include "builder/joins.h"
#include "builder/reformat.h"
#include "builder/views.h"
#include "tensor/dim_likely.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bireme::builder {

namespace {

class Assignment {
public:
    Assignment(BuildJob& job, VariantJob& variant) : job_(job), v_(variant), joins_(job, variant) {
        for (ir::NodeId id : v_.order) {
            choices_.resize(std::max(choices_.size(), static_cast<size_t>(id) + 1));
            choices_[static_cast<size_t>(id)] = &v_.choices[id];
        }
    }

    void run() {
        double best = std::numeric_limits<double>::infinity();
        std::vector<Choices> ends;
        size_t bestEnd = 0;
        for (const Preference& prefer : preferences()) {
            for (ir::NodeId id : v_.order) start(at(id), prefer);
            if (prefer.follow)
                for (ir::NodeId id : v_.order) follow(id, prefer);
            improve();
            ends.push_back(chosen());
            if (double cost = total(); cost < best) best = cost, bestEnd = ends.size() - 1;
        }
        choose(ends[bestEnd]);
        for (const Choices& other : ends) {
            const Choices before = chosen();
            takeOver(other);
            if (double cost = total(); cost < best)
                best = cost;
            else
                choose(before);
        }
        job_.log.verbose("profile ", v_.profile, ": kernels and reformats take ", best,
                         " ms by measurement");
    }

private:
    GroupChoice& at(ir::NodeId id) const { return *choices_[static_cast<size_t>(id)]; }

    // Where the sweeps begin: neighbours change their minds one at a time, so each layout and type
    // that a whole network may stand in is a start of its own.
    struct Preference {
        std::optional<bool> linear;
        std::optional<DataType> type;  // of real results
        bool follow = false;           // each takes its operands as they come, so that views chain
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
                all.push_back({linear, type, false});
        for (const auto& type : types) all.push_back({std::nullopt, type, true});
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

    // The cheapest candidate for the operands as they lie, whatever its readers will say.
    void follow(ir::NodeId id, const Preference& prefer) {
        GroupChoice& choice = at(id);
        const ir::Node& n = v_.graph.node(id);
        int bestIndex = choice.chosen;
        double best = std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < choice.candidates.size(); ++i) {
            choice.chosen = static_cast<int>(i);
            const auto& outputs = choice.choice().combination.outputs;
            double cost = choice.choice().milliseconds;
            if (!outputs.empty() && !prefer.likes(outputs[0])) cost += 1e6;
            for (size_t k = 0; k < n.inputs.size(); ++k)
                if (n.inputs[k] != ir::kNoValue) cost += edge(n, k);
            if (cost < best - 1e-9) best = cost, bestIndex = static_cast<int>(i);
        }
        choice.chosen = bestIndex;
    }

    // Sweeps forth and back until nothing changes: each group takes what is cheapest among its
    // present neighbours, then neighbours together.
    void improve() {
        for (int sweep = 0; sweep < 12; ++sweep) {
            bool changed = false;
            for (ir::NodeId id : v_.order) changed |= settle(id);
            for (auto it = v_.order.rbegin(); it != v_.order.rend(); ++it) changed |= settle(*it);
            if (changed) continue;
            for (ir::NodeId id : v_.order)
                for (ir::NodeId reader : readers(id)) changed |= settlePair(id, reader);
            if (!changed) return;
        }
    }

    using Choices = std::map<ir::NodeId, int>;
    Choices chosen() const {
        Choices all;
        for (ir::NodeId id : v_.order) all[id] = v_.choices.at(id).chosen;
        return all;
    }
    void choose(const Choices& all) {
        for (const auto& [id, c] : all) v_.choices[id].chosen = c;
    }

    // One start is best for one part of a graph, another for the next: each connected part where
    // another end of the sweeps differs is taken over if it is cheaper there.
    void takeOver(const Choices& other) {
        std::map<ir::NodeId, bool> seen;
        for (ir::NodeId id : v_.order) {
            if (seen[id] || v_.choices[id].chosen == other.at(id)) continue;
            std::vector<ir::NodeId> part{id};
            seen[id] = true;
            for (size_t i = 0; i < part.size(); ++i)
                for (ir::NodeId n : neighbours(part[i]))
                    if (v_.choices[n].chosen != other.at(n) && !std::exchange(seen[n], true))
                        part.push_back(n);
            swapIfCheaper(part, other);
        }
    }

    void swapIfCheaper(const std::vector<ir::NodeId>& part, const Choices& other) {
        Choices old;
        for (ir::NodeId id : part) old[id] = v_.choices[id].chosen;
        const double before = costOf(part, old);
        for (ir::NodeId id : part) v_.choices[id].chosen = other.at(id);
        if (costOf(part, old) >= before - 1e-9) choose(old);
    }

    // Of the nodes and of all edges at them; `members` holds the nodes once more.
    double costOf(const std::vector<ir::NodeId>& part, const Choices& members) {
        double sum = 0;
        for (ir::NodeId id : part) {
            sum += v_.choices[id].choice().milliseconds + edges(id, true);
            const ir::Node& n = v_.graph.node(id);
            for (size_t i = 0; i < n.inputs.size(); ++i)  // edges within are counted twice
                if (n.inputs[i] != ir::kNoValue &&
                    members.count(v_.graph.value(n.inputs[i]).producer))
                    sum -= edge(n, i);
        }
        return sum;
    }

    std::vector<ir::NodeId> neighbours(ir::NodeId id) const {
        std::vector<ir::NodeId> all = readers(id);
        for (ir::ValueId v : v_.graph.node(id).inputs)
            if (v != ir::kNoValue && v_.graph.value(v).producer != ir::kNoNode)
                all.push_back(v_.graph.value(v).producer);
        return all;
    }

    std::vector<ir::NodeId> readers(ir::NodeId id) const {
        std::vector<ir::NodeId> all;
        for (ir::ValueId v : v_.graph.node(id).outputs)
            for (const ir::Use& u : v_.graph.value(v).users) all.push_back(u.node);
        std::sort(all.begin(), all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
        return all;
    }

    // A change that only pays when both make it, such as a layout that both can stand in.
    bool settlePair(ir::NodeId a, ir::NodeId b) {
        if (degree(a) > kMostNeighbours || degree(b) > kMostNeighbours) return false;
        GroupChoice &first = at(a), &second = at(b);
        const std::pair before{first.chosen, second.chosen};
        auto cost = [&] {
            double between = 0;
            const ir::Node& n = v_.graph.node(b);
            for (size_t i = 0; i < n.inputs.size(); ++i)
                if (n.inputs[i] != ir::kNoValue && v_.graph.value(n.inputs[i]).producer == a)
                    between += edge(n, i);
            return first.choice().milliseconds + second.choice().milliseconds + edges(a, true) +
                   edges(b, true) - between;
        };
        auto best = before;
        double least = cost();
        for (size_t i = 0; i < first.candidates.size(); ++i)
            for (size_t k = 0; k < second.candidates.size(); ++k) {
                first.chosen = static_cast<int>(i), second.chosen = static_cast<int>(k);
                if (double c = cost(); c < least - 1e-9)
                    least = c, best = {first.chosen, second.chosen};
            }
        std::tie(first.chosen, second.chosen) = best;
        return best != before;
    }

    size_t degree(ir::NodeId id) const {
        const ir::Node& n = v_.graph.node(id);
        size_t count = n.inputs.size();
        for (ir::ValueId v : n.outputs) count += v_.graph.value(v).users.size();
        return count;
    }

    bool settle(ir::NodeId id) {
        GroupChoice& choice = at(id);
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

    // What reading operand i costs a node beside its kernel.
    double edge(const ir::Node& n, size_t i) {
        const Candidate& c = at(n.id).choice();
        const ir::ValueId v = n.inputs[i];
        if (!c.joins)
            return reformatCost(v, joins_.stored(v), c.combination.inputs[i], c.combination);
        if (joins_.inPlace(n.id, i)) return 0;
        return std::max(copyCost(v, joins_.stored(v), c.combination.inputs[i]),
                        measuredShare(n, v));
    }

    // Of what copying all operands of a join takes by measurement, what falls to one: a join that
    // copies everything one by one shall not look better for the estimate's sake.
    double measuredShare(const ir::Node& join, ir::ValueId v) {
        const GroupChoice& choice = at(join.id);
        double least = std::numeric_limits<double>::infinity();
        for (const Candidate& c : choice.candidates)
            if (!c.joins && c.combination.outputs[0] == choice.choice().combination.outputs[0])
                least = std::min<double>(least, c.milliseconds);
        const double whole = elements(join.outputs[0]);
        return std::isfinite(least) && whole > 0 ? least * elements(v) / whole : 0;
    }

    double elements(ir::ValueId value) {
        const auto i = static_cast<size_t>(value);
        if (i >= elements_.size()) elements_.resize(i + 1, -1);
        if (elements_[i] >= 0) return elements_[i];
        double n = 1;
        for (const Dim& d : v_.graph.value(value).desc.dims)
            n *= static_cast<double>(evalLikely(d, v_.opt).value_or(1));
        return elements_[i] = n;
    }

    double reformatCost(ir::ValueId value, const Operand& from, const Operand& to,
                        const tactic::Combination& reader) {
        const ir::Value& v = v_.graph.value(value);
        if (v.constant || reads(v.desc.dims, from, to, reader, alignment_)) return 0;
        // A copy is a tensor of its own: only what is made there lies in a part of another.
        return to.format.isDense() ? copyCost(value, from, to) : kNotPossible;
    }

    double copyCost(ir::ValueId value, const Operand& from, const Operand& to) {
        const ir::Value& v = v_.graph.value(value);
        if (!canReformat(v, from, to)) return kNotPossible;
        const device::DeviceProperties& device = job_.device->properties();
        const double speed = from.format == to.format ? device.convertSpeed : device.copySpeed;
        return elements(value) * (bits(from.type) + bits(to.type)) / 8 / speed + device.launchMs;
    }

    // Layouts are few, but parts of tensors lie in thousands of places.
    static uint64_t place(const Operand& o) {
        uint64_t hash = static_cast<uint64_t>(o.format.offset);
        for (const auto* list : {&o.format.strides, &o.format.whole})
            for (int64_t extent : *list)
                hash = (hash ^ (hash >> 29) ^ static_cast<uint64_t>(extent)) * 0x9E3779B97F4A7C15;
        return hash;
    }

    bool canReformat(const ir::Value& v, const Operand& from, const Operand& to) {
        std::vector<Pair>& asked = possible_[place(from) ^ std::rotl(place(to), 32)];
        for (size_t i = 0; i < asked.size(); ++i) {
            const Pair& p = asked[i];
            if (p.rank != v.desc.rank() || !(p.from == from) || !(p.to == to)) continue;
            const bool possible = p.possible;
            if (i > 0) std::swap(asked[i], asked[i - 1]);  // what is asked often, first
            return possible;
        }
        TensorDesc source = v.desc, target = v.desc;
        source.type = from.type, source.format = from.format;
        target.type = to.type, target.format = to.format;
        const bool possible = Reformat(job_, v_, v.name, source, target).factory() != nullptr;
        asked.push_back({v.desc.rank(), from, to, possible});
        return possible;
    }

    // Cost of the edges at a node: into it, and (both) out of it.
    double edges(ir::NodeId id, bool both) {
        const ir::Node& n = v_.graph.node(id);
        double cost = 0;
        for (size_t i = 0; i < n.inputs.size(); ++i)
            if (n.inputs[i] != ir::kNoValue) cost += edge(n, i);
        for (ir::ValueId v : n.outputs) {
            const Operand user{v_.graph.value(v).desc.type, Format::linear()};
            if (v_.graph.isOutput(v)) cost += reformatCost(v, joins_.stored(v), user, {});
            if (both) cost += readers(v, ir::kNoNode);
        }
        if (!both || !joins_.has(id)) return cost;
        // Where its operands lie is this node's choice too; one may be joined thousands of times.
        ++round_;
        for (ir::ValueId v : n.inputs)
            if (const Place* place = joins_.placeOf(v); place && place->join == id) {
                const auto i = static_cast<size_t>(v);
                if (i >= counted_.size()) counted_.resize(i + 1, 0);
                if (std::exchange(counted_[i], round_) != round_) cost += readers(v, id);
            }
        return cost;
    }

    double readers(ir::ValueId v, ir::NodeId but) {
        double cost = 0;
        for (const ir::Use& u : v_.graph.value(v).users)
            if (u.node != but) cost += edge(v_.graph.node(u.node), static_cast<size_t>(u.input));
        return cost;
    }

    double total() {
        double cost = 0;
        for (ir::NodeId id : v_.order) cost += at(id).choice().milliseconds + edges(id, false);
        return cost;
    }

    BuildJob& job_;
    VariantJob& v_;
    const Joins joins_;
    const int64_t alignment_ = partAlignment(job_);
    // Pairs at nodes with more would take time squared, and one neighbour of many decides little.
    static constexpr size_t kMostNeighbours = 64;
    static constexpr double kNotPossible = 1e9;  // more than any kernel takes
    std::vector<double> elements_;               // by value; -1: not known yet
    std::vector<GroupChoice*> choices_;          // by node
    std::vector<uint64_t> counted_;              // by value: the round that it was counted in
    uint64_t round_ = 0;
    struct Pair {
        int rank;
        Operand from, to;
        bool possible;
    };
    // By the places of the two: reformats that some kernel does, and others.
    std::unordered_map<uint64_t, std::vector<Pair>> possible_;
};

}  // namespace

void assignFormats(BuildJob& job, VariantJob& variant) { Assignment(job, variant).run(); }

}  // namespace bireme::builder
