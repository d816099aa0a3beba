// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace bireme::passes {

namespace {

// What a gather of one constant place along one axis takes.
struct Place {
    size_t axis;
    int64_t index;
};

std::optional<Place> placeOf(Edit& e, const ir::Node& gather) {
    const auto& op = *gather.op.as<ops::Gather>();
    const TensorDesc &x = e.desc(gather.inputs[0]), &i = e.desc(gather.inputs[1]);
    auto index = e.ints(gather.inputs[1]);
    if (op.mode != GatherMode::kDEFAULT || op.elementWiseDims != 0 || i.rank() != 0 || !index)
        return std::nullopt;
    Place p{static_cast<size_t>(op.axis < 0 ? op.axis + x.rank() : op.axis), index->at(0)};
    const Dim& extent = x.dims[p.axis];
    if (!extent.isStatic()) return std::nullopt;
    if (p.index < 0) p.index += extent.value();
    if (p.index < 0 || p.index >= extent.value()) return std::nullopt;
    return p;
}

// Whether the last dim of `from` is what the dims of `to` from `at` on share out, all before being
// equal.
bool splitsLastAt(const DimVector& from, const DimVector& to, size_t at) {
    if (from.size() != at + 1 || !from.back().isStatic()) return false;
    int64_t n = 1;
    for (size_t d = 0; d < to.size(); ++d) {
        if (d < at ? !(to[d] == from[d]) : !to[d].isStatic()) return false;
        if (d >= at) n *= to[d].value();
    }
    return n == from.back().value();
}

// The same of a slice of one element whose dim the root drops.
std::optional<Place> placeOf(Edit& e, const ir::Node& slice, const DimVector& dropped) {
    auto part = partOf(e, slice);
    const DimVector &x = e.desc(slice.inputs[0]).dims, &taken = e.desc(slice.outputs[0]).dims;
    if (!part || dropped.size() + 1 != taken.size()) return std::nullopt;
    std::optional<Place> place;
    for (size_t d = 0; d < x.size(); ++d) {
        if (taken[d] == x[d] && part->start[d] == 0) continue;
        if (place || !taken[d].is(1)) return std::nullopt;
        place = Place{d, part->start[d]};
    }
    if (!place) return std::nullopt;
    DimVector rest = taken;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place->axis));
    return rest == dropped ? place : std::nullopt;
}

// gather(transpose(reshape(x)), i) => transpose(reshape(slice(x)))      the reshape splits the last
// dim of x, the gather takes one place of the split; the transpose may be absent. A slice of one
// element followed by a view without its dim is a gather, too
struct MoveGatherUp final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Gather>().orOp<ops::Reshape>().orOp<ops::Squeeze>();
    }
    Outcome apply(Edit& e, const Match&) const override {
        ir::ValueId taken = e.root().inputs[0];
        std::optional<Place> place;
        if (e.root().op.is<ops::Gather>()) {
            place = placeOf(e, e.root());
        } else if (const ir::Node* slice = e.producer(taken);
                   slice && slice->op.is<ops::Slice>() && ir::isInternal(e.graph(), taken)) {
            place = placeOf(e, *slice, e.desc(e.root().outputs[0]).dims);
            taken = slice->inputs[0];
        }
        return place ? moved(e, taken, *place) : no("");
    }

private:
    static Outcome moved(Edit& e, ir::ValueId from, const Place& place) {
        const ir::Node* turned = e.producer(from);
        const ir::Node* view = turned;
        std::vector<int64_t> permutation(static_cast<size_t>(e.desc(from).rank()));
        std::iota(permutation.begin(), permutation.end(), 0);
        if (turned && turned->op.is<ops::Transpose>() && ir::isInternal(e.graph(), from)) {
            const auto& given = turned->op.as<ops::Transpose>()->permutation;
            if (given.size() != permutation.size()) return no("");
            permutation = given;
            view = e.producer(turned->inputs[0]);
        }
        if (!view || !view->op.is<ops::Reshape>() || !ir::isInternal(e.graph(), view->outputs[0]))
            return no("");
        for (int64_t& d : permutation)
            if (d < 0) d += static_cast<int64_t>(permutation.size());
        auto axis = static_cast<size_t>(permutation[place.axis]);
        const DimVector whole = e.desc(view->outputs[0]).dims;
        const DimVector split = e.desc(view->inputs[0]).dims;
        if (!splitsLastAt(split, whole, axis)) return no("");
        int64_t width = split.back().value() / whole[axis].value();
        ops::Slice part;
        part.start = {place.index * width}, part.size = {width};
        part.axes = {static_cast<int64_t>(axis)};
        ops::Reshape heads;
        for (size_t d = 0; d < whole.size(); ++d)
            if (d != axis) heads.shape.push_back(d < axis ? 0 : whole[d].value());
        ir::ValueId y = e.add(ir::Op::of(part), {view->inputs[0]});
        y = e.add(ir::Op::of(heads), {y});
        ops::Transpose turn;
        for (size_t d = 0; d < permutation.size(); ++d) {
            auto p = static_cast<size_t>(permutation[d]);
            if (d != place.axis) turn.permutation.push_back(permutation[d] - (p > axis ? 1 : 0));
        }
        if (!std::is_sorted(turn.permutation.begin(), turn.permutation.end()))
            y = e.add(ir::Op::of(turn), {y});
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(y, "one place of a split dim is a slice of what is split");
    }
};

const MoveGatherUp moveGatherUp;

}  // namespace

BIREME_PASS(
    move_gather_up,
    "gather(transpose(reshape(x)), i) => transpose(reshape(slice(x))) where the gather takes "
    "one place of the dim that the reshape splits") {
    applyRules(run, {&moveGatherUp});
}

}  // namespace bireme::passes
