// SPDX-License-Identifier: Apache-2.0
// Concats that run nothing: what they join is written where it belongs in the larger buffer.
#pragma once

#include "builder/job.h"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace bireme::builder {

using Operand = tactic::Combination::Operand;

// A part of a join's output: `start` counts elements along the joined axis.
struct Place {
    ir::NodeId join = ir::kNoNode;
    int64_t start = 0;
};

// One concat. `within` is set when all it joins lies side by side in a larger one, so that it is a
// part of that one's buffer.
struct Join {
    size_t axis = 0;
    std::vector<int64_t> starts;  // of each operand
    Place within;
};

// The joins of a variant; answers follow the candidates that are chosen at the moment.
class Joins {
public:
    Joins(const BuildJob& job, const VariantJob& variant);

    bool has(ir::NodeId node) const { return joins_[static_cast<size_t>(node)].has_value(); }
    // The join whose buffer a value may be written into; null when there is none.
    const Place* placeOf(ir::ValueId v) const;
    // Type and format in which a value lies once its producer has run.
    const Operand& stored(ir::ValueId v) const;
    // Where it lies when that is a part of a join's buffer; null when it has a buffer of its own.
    const Place* partOfJoin(ir::ValueId v) const;
    // Need operand i of a join not be copied?
    bool inPlace(ir::NodeId join, size_t i) const;
    // Operand i of a join in that join's own buffer of format `whole`.
    Format operandFormat(ir::NodeId join, size_t i, const Format& whole) const;

private:
    void place(ir::NodeId id, Join& join);
    bool allInPlace(ir::NodeId join) const;
    bool writesPart(const ir::Value& value, const Place& place, const GroupChoice& producer) const;
    const Join& join(ir::NodeId id) const { return *joins_[static_cast<size_t>(id)]; }
    const GroupChoice& choice(ir::NodeId id) const { return *choices_[static_cast<size_t>(id)]; }

    const VariantJob& v_;
    const int64_t alignment_;
    // All is asked millions of times, so it lies by id: choices and joins of nodes, places of
    // values.
    std::vector<const GroupChoice*> choices_;
    std::vector<std::optional<Join>> joins_;
    std::vector<Place> places_;
    // writesPart, by value and the candidates of its join and its producer: yes, no, not asked.
    enum class Fits : int8_t { unknown, no, yes };
    mutable std::vector<std::vector<Fits>> fits_;
    // stored: of parts, by value and the candidate of their join; of what no node makes, by value.
    mutable std::unordered_map<uint64_t, Operand> parts_;
    mutable std::unordered_map<ir::ValueId, Operand> given_;
};

// Lists the candidates of a group that is one concat of fixed extents along its axis.
void addJoins(const BuildJob& job, const VariantJob& variant, const ir::Node& group, bool keepType,
              GroupChoice& choice);

}  // namespace bireme::builder
