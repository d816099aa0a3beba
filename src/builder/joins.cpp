// SPDX-License-Identifier: Apache-2.0
#include "builder/joins.h"

#include "builder/views.h"
#include "ir/group.h"
#include "ops/concat.h"
#include "tensor/view.h"

#include <algorithm>

namespace bireme::builder {

static const ops::Concat* concatOf(const ir::Node& group) {
    if (group.bodies.empty() || group.bodies[0].nodeCount() != 1) return nullptr;
    return group.bodies[0].node(group.bodies[0].order()[0]).op.as<ops::Concat>();
}

// Axis and starts; false when extents along the axis are not numbers, or a step decides one.
static bool readJoin(const ir::Graph& g, const ir::Node& group, Join& join) {
    const auto* op = concatOf(group);
    if (!op || group.inputs.size() < 2) return false;
    const ir::Graph& body = group.bodies[0];
    const ir::Node& n = body.node(body.order()[0]);
    if (n.inputs != body.inputs()) return false;  // an operand twice, or a constant of the body
    const ir::Value& y = g.value(group.outputs[0]);
    join.axis = static_cast<size_t>(op->axis < 0 ? op->axis + y.desc.rank() : op->axis);
    int64_t at = 0;
    for (ir::ValueId v : group.inputs) {
        const ir::Value& x = g.value(v);
        if (x.desc.type != y.desc.type || x.kind != ir::ValueKind::tensor || x.known) return false;
        const Dim& extent = x.desc.dims[join.axis];
        if (!extent.isStatic()) return false;
        join.starts.push_back(at);
        at += extent.value();
    }
    std::vector<std::string> symbols;
    for (const Dim& d : y.desc.dims) d.collectSymbols(symbols);
    return std::none_of(symbols.begin(), symbols.end(),
                        [](const std::string& s) { return s[0] == '@' || s[0] == '$'; });
}

// Gives each operand a place in this join, unless it has one in a later join already.
void Joins::place(ir::NodeId id, Join& join) {
    const ir::Node& group = v_.graph.node(id);
    bool side = true;
    for (size_t i = 0; i < group.inputs.size() && side; ++i) {
        auto it = places_.find(group.inputs[i]);
        auto first = places_.find(group.inputs[0]);
        side = it != places_.end() && it->second.join == first->second.join &&
               it->second.start - first->second.start == join.starts[i] &&
               joins_.at(it->second.join).axis == join.axis;
    }
    if (side) {
        join.within = places_.at(group.inputs[0]);
        places_[group.outputs[0]] = join.within;
        return;
    }
    for (size_t i = 0; i < group.inputs.size(); ++i) {
        const ir::Value& x = v_.graph.value(group.inputs[i]);
        if (x.producer == ir::kNoNode || x.constant || v_.graph.isOutput(x.id)) continue;
        places_.try_emplace(x.id, Place{id, join.starts[i]});
    }
}

Joins::Joins(const BuildJob& job, const VariantJob& variant)
    : v_(variant), alignment_(partAlignment(job)) {
    for (auto it = v_.order.rbegin(); it != v_.order.rend(); ++it) {
        Join join;
        if (!readJoin(v_.graph, v_.graph.node(*it), join)) continue;
        auto& kept = joins_[*it] = std::move(join);
        place(*it, kept);
    }
}

const Place* Joins::placeOf(ir::ValueId v) const {
    auto it = places_.find(v);
    return it == places_.end() ? nullptr : &it->second;
}

const Place* Joins::partOfJoin(ir::ValueId v) const {
    const Place* place = placeOf(v);
    if (!place) return nullptr;
    const Candidate& whole = v_.choices.at(place->join).choice();
    if (!whole.joins || joins_.at(place->join).within.join != ir::kNoNode) return nullptr;
    const ir::Value& value = v_.graph.value(v);
    const GroupChoice& choice = v_.choices.at(value.producer);
    if (choice.choice().joins) return allInPlace(value.producer) ? place : nullptr;
    const auto key = static_cast<uint64_t>(v) << 32 |
                     static_cast<uint64_t>(v_.choices.at(place->join).chosen) << 16 |
                     static_cast<uint64_t>(choice.chosen);  // few candidates each
    const auto [fits, fresh] = fits_.try_emplace(key, false);
    if (fresh) fits->second = writesPart(value, *place, choice);
    return fits->second ? place : nullptr;
}

// Does the producer's candidate write where the join's candidate wants the value?
bool Joins::writesPart(const ir::Value& value, const Place& place,
                       const GroupChoice& choice) const {
    const Candidate& c = choice.choice();
    if (choice.onHost || !c.factory || !c.combination.acceptsViews) return false;
    const Operand& out = v_.choices.at(place.join).choice().combination.outputs[0];
    const ir::Value& y = v_.graph.value(v_.graph.node(place.join).outputs[0]);
    const auto part = partOf(out.format, y.desc.dims, joins_.at(place.join).axis, place.start);
    const Operand& own = c.combination.outputs[static_cast<size_t>(value.output)];
    return part && reads(value.desc.dims, {out.type, *part}, own, c.combination, alignment_);
}

Operand Joins::stored(ir::ValueId v) const {
    const ir::Value& value = v_.graph.value(v);
    if (value.producer == ir::kNoNode) return {value.desc.type, Format::linear()};
    if (const Place* place = partOfJoin(v)) {
        const Operand& out = v_.choices.at(place->join).choice().combination.outputs[0];
        const ir::Value& y = v_.graph.value(v_.graph.node(place->join).outputs[0]);
        return {out.type,
                *partOf(out.format, y.desc.dims, joins_.at(place->join).axis, place->start)};
    }
    return v_.choices.at(value.producer)
        .choice()
        .combination.outputs[static_cast<size_t>(value.output)];
}

// Does everything that a join within another joins lie in that one's buffer?
bool Joins::allInPlace(ir::NodeId id) const {
    const Join& join = joins_.at(id);
    if (join.within.join == ir::kNoNode) return false;
    const auto& out = v_.choices.at(id).choice().combination.outputs[0];
    const auto& whole = v_.choices.at(join.within.join).choice();
    if (!whole.joins || !(whole.combination.outputs[0] == out)) return false;
    const auto& inputs = v_.graph.node(id).inputs;
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](ir::ValueId v) { return partOfJoin(v) != nullptr; });
}

bool Joins::inPlace(ir::NodeId id, size_t i) const {
    const Join& join = joins_.at(id);
    if (join.within.join != ir::kNoNode) return allInPlace(id);
    const Place* place = partOfJoin(v_.graph.node(id).inputs[i]);
    return place && place->join == id && place->start == join.starts[i];
}

Format Joins::operandFormat(ir::NodeId id, size_t i, const Format& whole) const {
    const ir::Value& y = v_.graph.value(v_.graph.node(id).outputs[0]);
    auto part = partOf(whole, y.desc.dims, joins_.at(id).axis, joins_.at(id).starts[i]);
    BIREME_ASSERT(part);
    return *part;
}

void addJoins(const BuildJob& job, const VariantJob& variant, const ir::Node& group, bool keepType,
              GroupChoice& choice) {
    Join join;
    const ir::Graph& g = variant.graph;
    if (!readJoin(g, group, join)) return;
    const TensorDesc& y = g.value(group.outputs[0]).desc;
    std::vector<DataType> types{y.type};
    if (y.type == DataType::kFLOAT && !keepType)
        types.insert(types.end(), job.options.precisions.begin(), job.options.precisions.end());
    std::vector<Format> formats{Format::linear()};
    if (y.rank() >= 3) formats.push_back(Format::channelsLast(y.rank()));
    for (const Format& f : formats) {
        if (!partOf(f, y.dims, join.axis, std::max<int64_t>(join.starts.back(), 1)))
            continue;  // only running tells where parts begin
        for (DataType type : types) {
            Candidate c;
            for (size_t i = 0; i < group.inputs.size(); ++i)
                c.combination.inputs.push_back({type, f});
            c.combination.outputs.push_back({type, f});
            c.tactic = {"join", {}};
            c.joins = c.timed = true;
            choice.candidates.push_back(std::move(c));
        }
    }
}

}  // namespace bireme::builder
