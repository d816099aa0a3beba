// SPDX-License-Identifier: Apache-2.0
// Random networks of rows of features, built and run, against the interpretation of the network as
// it was written. Every seed is reproducible; BIREME_FUZZ_SECONDS=3600 goes on with more of them.
#include "ops/matrix_multiply.h"
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "tests/unit/builder/random_graphs.h"

using namespace bireme;
using random_graphs::Fn;

namespace {

// Grows a network of rank-3 tensors [2, S, C], S static or a symbol.
class Rows final : public random_graphs::Grower {
public:
    explicit Rows(uint32_t seed) : Grower(seed) {
        Dim rows = pick(2) ? Dim::symbol("S") : Dim(5);
        ir::ValueId x = graph_.addInput("x", {DataType::kFLOAT, {2, rows, 8}, {}, {}});
        if (!rows.isStatic()) graph_.symbols["S"] = {ir::SymbolSource::inputExtent, x, 1, {1, 9}};
        keep(x);
        const int nodes = 4 + pick(14);
        for (int i = 0; i < nodes; ++i) grow();
        markOutputs(x);
    }

private:
    int64_t channels(ir::ValueId v) const { return dims(v)[2].value(); }

    void grow() {
        const ir::ValueId v = any();
        const int64_t c = channels(v);
        switch (pick(11)) {
            case 0: return keep(add(pick({Fn::relu, Fn::tanh, Fn::neg, Fn::sigmoid}), {v}));
            case 1: return products(v);
            case 2: {
                const Fn fn = pick({Fn::sum, Fn::prod, Fn::max});
                return keep(add(fn, {v, constant({1, 1, c})}));
            }
            case 3: return twoTensors(v);
            case 4: {
                ops::Slice s;
                const int64_t size = 1 + pick(static_cast<int>(c));
                s.axes = {2}, s.start = {pick(static_cast<int>(c - size + 1))}, s.size = {size};
                return keep(ir::Op::of(s), {v});
            }
            case 5: return concat(v);
            case 6: {
                ops::Softmax s;
                s.axis = 2;
                return keep(ir::Op::of(s), {v});
            }
            case 7: {
                ops::Normalization n;
                n.axes = {2};
                n.epsilon = 0.1f;  // rows that are equal but for rounding stay so
                return keep(ir::Op::of(n), {v});
            }
            case 8: {
                ops::Reduce r;
                r.operation = ReduceOperation::kAVG, r.axes = {2}, r.keepDims = true;
                keep(ir::Op::of(r), {v});
                return keep(add(pick({Fn::sum, Fn::sub}), {v, values_.back()}));
            }
            case 9: return heads(v);
            default: {
                ops::Transpose there, back;
                there.permutation = back.permutation = {1, 0, 2};
                keep(ir::Op::of(there), {v});
                keep(add(pick({Fn::relu, Fn::abs}), {values_.back()}));
                const ir::ValueId inner = values_.back();
                values_.resize(values_.size() - 2);
                return keep(ir::Op::of(back), {inner});
            }
        }
    }

    // One to three products of one tensor.
    void products(ir::ValueId v) {
        const int siblings = 1 + pick(3);
        for (int i = 0; i < siblings; ++i) {
            keep(ir::Op::of(ops::MatrixMultiply{}), {v, constant({1, channels(v), 1 + pick(9)})});
            if (pick(2)) {
                const ir::ValueId p = values_.back();
                keep(add(Fn::sum, {p, constant({1, 1, channels(p)})}));
            }
        }
    }
    void twoTensors(ir::ValueId v) {
        if (ir::ValueId w = like(v); w != ir::kNoValue)
            keep(add(pick({Fn::sum, Fn::sub, Fn::prod, Fn::min}), {v, w}));
    }
    void concat(ir::ValueId v) {
        std::vector<ir::ValueId> in{v};
        for (int i = 1 + pick(3); i > 0; --i) in.push_back(any());
        int64_t sum = 0;
        for (ir::ValueId w : in) sum += channels(w);
        if (sum > 64) return;
        ops::Concat op;
        op.axis = 2;
        keep(ir::Op::of(op), in);
    }
    // [2,S,C] as heads, transposed and back.
    void heads(ir::ValueId v) {
        const int64_t c = channels(v);
        if (c % 2 != 0) return;
        ops::Reshape split, join;
        split.shape = {0, 0, 2, c / 2}, join.shape = {0, 0, c};
        ops::Transpose swap;
        swap.permutation = {0, 2, 1, 3};
        const size_t before = values_.size();
        keep(ir::Op::of(split), {v});
        keep(ir::Op::of(swap), {values_.back()});
        ops::Softmax s;
        s.axis = 3;
        keep(ir::Op::of(s), {values_.back()});
        keep(ir::Op::of(swap), {values_.back()});
        keep(ir::Op::of(join), {values_.back()});
        const ir::ValueId result = values_.back();
        values_.resize(before);
        values_.push_back(result);
    }
};

}  // namespace

TEST(RandomGraphs, RowsRunAsTheyAreWritten) {
    random_graphs::forSeeds(150, [](uint32_t seed) {
        const ir::Graph g = Rows(seed).graph();
        const int64_t rows = g.symbols.empty() ? 5 : 9;
        random_graphs::check(g, seed, {2, 1, 8}, {2, rows, 8});
    });
}
