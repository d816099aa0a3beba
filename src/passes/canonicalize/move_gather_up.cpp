// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/rules.h"

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

// gather(transpose(reshape(x)), i) => transpose(reshape(slice(x)))      the reshape splits the last
// dim of x, the gather takes one place of the split; the transpose may be absent
struct MoveGatherUp final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Gather>().in(ir::any("x"), ir::constant("i"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto place = placeOf(e, e.root());
        if (!place) return no("");
        const ir::Node* turned = e.producer(m["x"]);
        const ir::Node* view = turned;
        std::vector<int64_t> permutation(static_cast<size_t>(e.desc(m["x"]).rank()));
        std::iota(permutation.begin(), permutation.end(), 0);
        if (turned && turned->op.is<ops::Transpose>() && ir::isInternal(e.graph(), m["x"])) {
            const auto& given = turned->op.as<ops::Transpose>()->permutation;
            if (given.size() != permutation.size()) return no("");
            permutation = given;
            view = e.producer(turned->inputs[0]);
        }
        if (!view || !view->op.is<ops::Reshape>() || !ir::isInternal(e.graph(), view->outputs[0]))
            return no("");
        for (int64_t& d : permutation)
            if (d < 0) d += static_cast<int64_t>(permutation.size());
        auto axis = static_cast<size_t>(permutation[place->axis]);
        const DimVector whole = e.desc(view->outputs[0]).dims;
        const DimVector from = e.desc(view->inputs[0]).dims;
        if (!splitsLastAt(from, whole, axis)) return no("");
        int64_t width = from.back().value() / whole[axis].value();
        ops::Slice part;
        part.start = {place->index * width}, part.size = {width};
        part.axes = {static_cast<int64_t>(axis)};
        ops::Reshape heads;
        for (size_t d = 0; d < whole.size(); ++d)
            if (d != axis) heads.shape.push_back(d < axis ? 0 : whole[d].value());
        ir::ValueId y = e.add(ir::Op::of(part), {view->inputs[0]});
        y = e.add(ir::Op::of(heads), {y});
        ops::Transpose turn;
        for (size_t d = 0; d < permutation.size(); ++d) {
            auto p = static_cast<size_t>(permutation[d]);
            if (d != place->axis) turn.permutation.push_back(permutation[d] - (p > axis ? 1 : 0));
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
