// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

namespace bireme::passes {

namespace {

// The offsets (row, column) that part v takes of every block of b x b pixels of x.
struct Offsets {
    int64_t row, column;
};

std::optional<Offsets> offsetsOf(Edit& e, ir::ValueId v, ir::ValueId x, int64_t b) {
    const ir::Node* n = e.producer(v);
    if (!n || !n->op.is<ops::Slice>() || n->inputs[0] != x) return std::nullopt;
    auto part = partOf(e, *n);
    const DimVector &from = e.desc(x).dims, &to = e.desc(v).dims;
    if (!part || part->start[1] != 0 || part->stride != std::vector<int64_t>{1, 1, b, b} ||
        !(to[0] == from[0]) || !(to[1] == from[1]))
        return std::nullopt;
    for (size_t d : {2u, 3u})
        if (part->start[d] >= b || !from[d].isStatic() || !to[d].is(from[d].value() / b))
            return std::nullopt;
    return Offsets{part->start[2], part->start[3]};
}

// concat(every b-th row and column of x from each offset on) => reshape(transpose(reshape(x)))
struct RecognizeSpaceToDepth final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Concat>().in(ir::op<ops::Slice>().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const std::vector<ir::ValueId> parts = e.root().inputs;
        const DimVector from = e.desc(m["x"]).dims;
        int64_t b = 2;
        while (b * b < static_cast<int64_t>(parts.size())) ++b;
        if (from.size() != 4 || e.root().op.as<ops::Concat>()->axis != 1 ||
            b * b != static_cast<int64_t>(parts.size()) || !from[1].isStatic())
            return no("");
        bool rowsFirst = true, columnsFirst = true;
        for (size_t p = 0; p < parts.size(); ++p) {
            auto at = offsetsOf(e, parts[p], m["x"], b);
            if (!at) return no("");
            const auto place = static_cast<int64_t>(p);
            rowsFirst = rowsFirst && place == at->row * b + at->column;
            columnsFirst = columnsFirst && place == at->column * b + at->row;
            e.consumes(e.producer(parts[p])->id);
        }
        if (!rowsFirst && !columnsFirst) return no("the parts of blocks are in a mixed order");
        if (!(from[2].value() % b == 0 && from[3].value() % b == 0))
            return no("the extents are no multiples of the block");
        const int64_t c = from[1].value(), h = from[2].value() / b, w = from[3].value() / b;
        ops::Reshape split, join;
        split.shape = {0, c, h, b, w, b};
        join.shape = {0, c * b * b, h, w};
        ops::Transpose turn;
        turn.permutation = {0, rowsFirst ? 3 : 5, rowsFirst ? 5 : 3, 1, 2, 4};
        ir::ValueId y = e.add(ir::Op::of(split), {m["x"]});
        y = e.add(ir::Op::of(turn), {y});
        return e.replaceRoot(e.add(ir::Op::of(join), {y}), "blocks of pixels became channels");
    }
};

const RecognizeSpaceToDepth recognizeSpaceToDepth;

}  // namespace

BIREME_PASS(recognize_space_to_depth,
            "concat(every b-th row and column of x from each offset on) => "
            "reshape(transpose(reshape(x)))") {
    applyRules(run, {&recognizeSpaceToDepth});
}

}  // namespace bireme::passes
