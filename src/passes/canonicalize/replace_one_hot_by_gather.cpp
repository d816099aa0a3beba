// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/matrix_multiply.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

#include <algorithm>
#include <string>
#include <vector>

namespace bireme::passes {

namespace {

// Are these 0, 1, 2, ... along the last dim?
bool counts(Edit& e, ir::ValueId v, int64_t n) {
    const auto numbers = e.ints(v);
    const DimVector& dims = e.desc(v).dims;
    if (!numbers || dims.empty() || !dims.back().is(n) ||
        static_cast<int64_t>(numbers->size()) != n)
        return false;
    for (int64_t k = 0; k < n; ++k)
        if ((*numbers)[static_cast<size_t>(k)] != k) return false;
    return true;
}

// matmul(cast(i == {0, 1, ..., n - 1}), w) => gather({0, w, 0}, clip(i, -1, n) + 1)      i with a
// last dim of 1; what is no row gives 0
struct OneHotProduct final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::MatrixMultiply>().in(
            pw(PointwiseFn::cast)
                .single()
                .in(pw(PointwiseFn::equal).single().in(ir::any("i"), ir::constant("k"))),
            ir::constant("w"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto op = *e.root().op.as<ops::MatrixMultiply>();
        const TensorDesc w = e.desc(m["w"]), i = e.desc(m["i"]);
        const DimVector dims = e.desc(e.root().outputs[0]).dims;
        const int rank = w.rank();
        if (op.opA != MatrixOperation::kNONE || op.opB == MatrixOperation::kVECTOR || rank < 2 ||
            isReal(i.type) || i.dims.empty() || !i.dims.back().is(1))
            return no("");
        const bool turned = op.opB == MatrixOperation::kTRANSPOSE;
        const Dim rows = w.dims[turned ? rank - 1 : rank - 2];
        const Dim columns = w.dims[turned ? rank - 2 : rank - 1];
        if (!rows.isStatic() || !columns.isStatic() || rows.value() == 0 ||
            !volume(w.dims).is(rows.value() * columns.value()) || !counts(e, m["k"], rows.value()))
            return no("");
        if (std::string why = whyFixed(e, m["w"]); !why.empty()) return no(why);
        const ir::ValueId table = tableOf(e, m["w"], rows.value(), columns.value(), turned);
        ops::Gather gather;
        const ir::ValueId y = e.add(ir::Op::of(gather), {table, rowsOf(e, m["i"], rows.value())});
        if (!(e.desc(y).dims == dims)) return no("");
        return e.replaceRoot(y, "a product of ones among zeros takes rows of the matrix");
    }

private:
    static ir::ValueId tableOf(Edit& e, ir::ValueId w, int64_t rows, int64_t columns, bool turned) {
        const DataType type = e.desc(w).type;
        ir::ValueId matrix = e.viewOfConstant(
            w, turned ? std::vector<int64_t>{columns, rows} : std::vector<int64_t>{rows, columns});
        if (turned) {
            ops::Transpose turn;
            turn.permutation = {1, 0};
            matrix = e.add(ir::Op::of(turn), {matrix});
        }
        const ir::ValueId zeros = e.addConstant(
            {type, {Dim(1), Dim(columns)}, {}, {}},
            Blob::own(std::vector<uint8_t>(static_cast<size_t>(bytesFor(type, columns)), 0)));
        ops::Concat join;
        join.axis = 0;
        return e.add(ir::Op::of(join), {zeros, matrix, zeros});
    }

    static ir::ValueId rowsOf(Edit& e, ir::ValueId i, int64_t rows) {
        const DataType type = e.desc(i).type;
        const int rank = e.desc(i).rank();
        auto number = [&](int64_t v) { return e.addScalar(static_cast<double>(v), type, rank); };
        ir::ValueId y = e.add(pointwiseOp(PointwiseFn::max), {i, number(-1)});
        y = e.add(pointwiseOp(PointwiseFn::min), {y, number(rows)});
        y = e.add(pointwiseOp(PointwiseFn::sum), {y, number(1)});
        ops::Squeeze drop;
        drop.axes = {rank - 1};
        return e.add(ir::Op::of(drop), {y});
    }
};

// f(gather(table, i), c) => gather(f(table, c), i)      table and c constant, c the same for every
// row
struct Tabulate final : Rule {
    Pattern pattern() const override { return ir::op<Pointwise>(); }
    Outcome apply(Edit& e, const Match&) const override {
        ir::ValueId taken = ir::kNoValue;
        const std::vector<ir::ValueId> inputs = e.root().inputs;
        for (ir::ValueId v : inputs)
            if (const ir::Node* n = e.producer(v);
                n && n->op.is<ops::Gather>() && !e.isConstant(v)) {
                if (taken != ir::kNoValue && taken != v) return no("");
                taken = v;
            }
        const TensorDesc y = e.desc(e.root().outputs[0]);
        if (taken == ir::kNoValue || !(e.desc(taken).dims == y.dims)) return no("");
        const ir::Node gather = *e.producer(taken);
        const auto op = *gather.op.as<ops::Gather>();
        const ir::ValueId table = gather.inputs[0];
        const TensorDesc rows = e.desc(table);
        if (op.axis != 0 || op.mode != GatherMode::kDEFAULT || op.elementWiseDims != 0 ||
            !e.isConstant(table) || rows.type != y.type)
            return no("");
        std::vector<ir::ValueId> in = inputs;
        for (ir::ValueId& v : in)
            if (v == taken)
                v = table;
            else if (!e.isConstant(v) || (v = ofEveryRow(e, v, rows)) == ir::kNoValue)
                return no("");
        for (ir::ValueId v : inputs)
            if (std::string why = whyFixed(e, v == taken ? table : v); !why.empty()) return no(why);
        const auto readers = std::count(inputs.begin(), inputs.end(), taken);
        if (!ir::isInternal(e.graph(), taken) ||
            static_cast<std::ptrdiff_t>(e.graph().useCount(taken)) != readers)
            return no("the rows taken have other readers");
        if (e.graph().useCount(table) != 1) return no("the table has other readers");
        const ir::Op f = e.root().op;
        e.consumes(gather.id);
        const ir::ValueId made = e.add(f, in);
        if (!(e.desc(made).dims == rows.dims)) return no("");
        return e.replaceRoot(e.add(gather.op, {made, gather.inputs[1]}),
                             "done once for every row of the table");
    }

private:
    // The constant as it meets one row; kNoValue where it differs from row to row.
    static ir::ValueId ofEveryRow(Edit& e, ir::ValueId c, const TensorDesc& table) {
        const TensorDesc d = e.desc(c);
        if (d.type != table.type) return ir::kNoValue;
        const int width = table.rank() - 1, extra = d.rank() - width;
        std::vector<int64_t> row;
        for (int k = 0; k < d.rank(); ++k) {
            if (!d.dims[static_cast<size_t>(k)].isStatic()) return ir::kNoValue;
            const int64_t extent = d.dims[static_cast<size_t>(k)].value();
            if (k < extra && extent != 1) return ir::kNoValue;
            if (k >= extra) row.push_back(extent);
        }
        return extra > 0 ? e.viewOfConstant(c, row) : c;
    }
};

const OneHotProduct oneHotProduct;
const Tabulate tabulate;

}  // namespace

BIREME_PASS(replace_one_hot_by_gather,
            "matmul(cast(i == {0, 1, ...}), w) => gather(w, i), f(gather(table, i), c) => "
            "gather(f(table, c), i) with constant tables") {
    applyRules(run, {&oneHotProduct, &tabulate});
}

}  // namespace bireme::passes
