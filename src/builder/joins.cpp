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
    auto at = [&](ir::ValueId v) -> Place& { return places_[static_cast<size_t>(v)]; };
    const Place first = at(group.inputs[0]);
    bool side = first.join != ir::kNoNode && this->join(first.join).axis == join.axis;
    for (size_t i = 0; i < group.inputs.size() && side; ++i) {
        const Place& each = at(group.inputs[i]);
        side = each.join == first.join && each.start - first.start == join.starts[i];
    }
    if (side) {
        join.within = first;
        at(group.outputs[0]) = first;
        return;
    }
    for (size_t i = 0; i < group.inputs.size(); ++i) {
        const ir::Value& x = v_.graph.value(group.inputs[i]);
        if (x.producer == ir::kNoNode || x.constant || v_.graph.isOutput(x.id)) continue;
        if (at(x.id).join == ir::kNoNode) at(x.id) = {id, join.starts[i]};
    }
}

Joins::Joins(const BuildJob& job, const VariantJob& variant)
    : v_(variant), alignment_(partAlignment(job)) {
    ir::NodeId nodes = 0;
    ir::ValueId values = 0;
    for (ir::NodeId id : v_.graph.nodeIds()) nodes = std::max(nodes, id + 1);
    for (ir::ValueId v : v_.graph.valueIds()) values = std::max(values, v + 1);
    if (!v_.choices.empty()) nodes = std::max(nodes, v_.choices.rbegin()->first + 1);
    choices_.resize(static_cast<size_t>(nodes));
    joins_.resize(static_cast<size_t>(nodes));
    places_.resize(static_cast<size_t>(values));
    fits_.resize(static_cast<size_t>(values));
    for (const auto& [id, c] : v_.choices) choices_[static_cast<size_t>(id)] = &c;
    for (auto it = v_.order.rbegin(); it != v_.order.rend(); ++it) {
        Join join;
        if (!readJoin(v_.graph, v_.graph.node(*it), join)) continue;
        auto& kept = joins_[static_cast<size_t>(*it)];
        kept = std::move(join);
        place(*it, *kept);
    }
}

const Place* Joins::placeOf(ir::ValueId v) const {
    const Place& place = places_[static_cast<size_t>(v)];
    return place.join == ir::kNoNode ? nullptr : &place;
}

const Place* Joins::partOfJoin(ir::ValueId v) const {
    const Place* place = placeOf(v);
    if (!place) return nullptr;
    const GroupChoice& whole = choice(place->join);
    if (!whole.choice().joins || join(place->join).within.join != ir::kNoNode) return nullptr;
    const ir::Value& value = v_.graph.value(v);
    const GroupChoice& own = choice(value.producer);
    if (own.choice().joins) return allInPlace(value.producer) ? place : nullptr;
    std::vector<Fits>& known = fits_[static_cast<size_t>(v)];
    if (known.empty()) known.resize(whole.candidates.size() * own.candidates.size());
    Fits& fits = known[static_cast<size_t>(whole.chosen) * own.candidates.size() +
                       static_cast<size_t>(own.chosen)];
    if (fits == Fits::unknown) fits = writesPart(value, *place, own) ? Fits::yes : Fits::no;
    return fits == Fits::yes ? place : nullptr;
}

// Does the producer's candidate write where the join's candidate wants the value?
bool Joins::writesPart(const ir::Value& value, const Place& place,
                       const GroupChoice& producer) const {
    const Candidate& c = producer.choice();
    if (producer.onHost || !c.factory || !c.combination.acceptsViews) return false;
    const Operand& out = choice(place.join).choice().combination.outputs[0];
    const ir::Value& y = v_.graph.value(v_.graph.node(place.join).outputs[0]);
    const auto part = partOf(out.format, y.desc.dims, join(place.join).axis, place.start);
    const Operand& own = c.combination.outputs[static_cast<size_t>(value.output)];
    return part && reads(value.desc.dims, {out.type, *part}, own, c.combination, alignment_);
}

const Operand& Joins::stored(ir::ValueId v) const {
    const ir::Value& value = v_.graph.value(v);
    if (value.producer == ir::kNoNode)
        return given_.try_emplace(v, Operand{value.desc.type, Format::linear()}).first->second;
    const Place* place = partOfJoin(v);
    if (!place)
        return choice(value.producer)
            .choice()
            .combination.outputs[static_cast<size_t>(value.output)];
    const GroupChoice& whole = choice(place->join);
    const auto key = static_cast<uint64_t>(v) << 32 | static_cast<uint64_t>(whole.chosen);
    const auto [part, fresh] = parts_.try_emplace(key);
    if (fresh) {
        const Operand& out = whole.choice().combination.outputs[0];
        const ir::Value& y = v_.graph.value(v_.graph.node(place->join).outputs[0]);
        part->second = {out.type,
                        *partOf(out.format, y.desc.dims, join(place->join).axis, place->start)};
    }
    return part->second;
}

// Does everything that a join within another joins lie in that one's buffer?
bool Joins::allInPlace(ir::NodeId id) const {
    const ir::NodeId larger = join(id).within.join;
    if (larger == ir::kNoNode) return false;
    const auto& out = choice(id).choice().combination.outputs[0];
    const auto& whole = choice(larger).choice();
    if (!whole.joins || !(whole.combination.outputs[0] == out)) return false;
    const auto& inputs = v_.graph.node(id).inputs;
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](ir::ValueId v) { return partOfJoin(v) != nullptr; });
}

bool Joins::inPlace(ir::NodeId id, size_t i) const {
    if (join(id).within.join != ir::kNoNode) return allInPlace(id);
    const Place* place = partOfJoin(v_.graph.node(id).inputs[i]);
    return place && place->join == id && place->start == join(id).starts[i];
}

Format Joins::operandFormat(ir::NodeId id, size_t i, const Format& whole) const {
    const ir::Value& y = v_.graph.value(v_.graph.node(id).outputs[0]);
    auto part = partOf(whole, y.desc.dims, join(id).axis, join(id).starts[i]);
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
