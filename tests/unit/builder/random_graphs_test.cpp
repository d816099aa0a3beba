// SPDX-License-Identifier: Apache-2.0
// Random networks, built and run, against the interpretation of the network as it was written.
// Every seed is reproducible; BIREME_FUZZ_SECONDS=3600 goes on with more of them.
#include "base/text.h"
#include "builder/build.h"
#include "ir/interpret.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/matrix_multiply.h"
#include "ops/normalization.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>

using namespace bireme;

namespace {

// Grows a network of rank-3 tensors [2, S, C], S static or a symbol.
class Grower {
public:
    explicit Grower(uint32_t seed) : random_(seed) {
        Dim rows = pick(2) ? Dim::symbol("S") : Dim(5);
        x_ = graph_.addInput("x", {DataType::kFLOAT, {2, rows, 8}, {}, {}});
        if (!rows.isStatic()) graph_.symbols["S"] = {ir::SymbolSource::inputExtent, x_, 1, {1, 9}};
        values_.push_back(x_);
        const int nodes = 4 + pick(14);
        for (int i = 0; i < nodes; ++i) grow();
        // Several outputs, intermediate results among them.
        if (values_.size() == 1) keep(ir::Op::of(function({ops::PointwiseFn::relu})), {x_});
        graph_.markOutput(values_.back());
        for (int i = pick(3); i > 0; --i) {
            ir::ValueId v = any();
            if (v != x_ && !graph_.isOutput(v)) graph_.markOutput(v);
        }
    }
    const ir::Graph& graph() const { return graph_; }

private:
    int pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
    ir::ValueId any() {  // later ones more often, so that chains grow
        size_t back = static_cast<size_t>(pick(4)) * static_cast<size_t>(pick(4));
        return values_[values_.size() - 1 - std::min(back, values_.size() - 1)];
    }
    const DimVector& dims(ir::ValueId v) const { return graph_.value(v).desc.dims; }
    int64_t channels(ir::ValueId v) const { return dims(v)[2].value(); }

    void keep(ir::Op op, std::vector<ir::ValueId> in) {
        ir::NodeId n = graph_.addNode(std::move(op), std::move(in), 1, graph_.freshName("n"));
        ir::inferNode(graph_, n);
        values_.push_back(graph_.node(n).outputs[0]);
    }
    ir::ValueId constant(std::vector<int64_t> d) {
        std::vector<float> v(static_cast<size_t>(ir::elementCount(d)));
        for (float& f : v) f = static_cast<float>(pick(2001) - 1000) / 2000.f;
        return graph_.addConstant(graph_.freshName("c"), {DataType::kFLOAT, toDims(d), {}, {}},
                                  Blob::of(v));
    }
    ops::Pointwise function(std::initializer_list<ops::PointwiseFn> all) {
        ops::Pointwise p;
        p.fn = all.begin()[pick(static_cast<int>(all.size()))];
        return p;
    }

    void grow() {
        using Fn = ops::PointwiseFn;
        const ir::ValueId v = any();
        const int64_t c = channels(v);
        switch (pick(11)) {
            case 0:
                return keep(ir::Op::of(function({Fn::relu, Fn::tanh, Fn::neg, Fn::sigmoid})), {v});
            case 1: return products(v);
            case 2: {
                auto p = function({Fn::sum, Fn::prod, Fn::max});
                return keep(ir::Op::of(p), {v, constant({1, 1, c})});
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
                return keep(ir::Op::of(n), {v});
            }
            case 8: {
                ops::Reduce r;
                r.operation = ReduceOperation::kAVG, r.axes = {2}, r.keepDims = true;
                keep(ir::Op::of(r), {v});
                return keep(ir::Op::of(function({Fn::sum, Fn::sub})), {v, values_.back()});
            }
            case 9: return heads(v);
            default: {
                ops::Transpose there, back;
                there.permutation = back.permutation = {1, 0, 2};
                keep(ir::Op::of(there), {v});
                keep(ir::Op::of(function({Fn::relu, Fn::abs})), {values_.back()});
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
                ops::Pointwise sum;
                sum.fn = ops::PointwiseFn::sum;
                keep(ir::Op::of(sum), {p, constant({1, 1, channels(p)})});
            }
        }
    }
    void twoTensors(ir::ValueId v) {
        for (ir::ValueId w : values_)
            if (w != v && dims(w) == dims(v)) {
                using Fn = ops::PointwiseFn;
                return keep(ir::Op::of(function({Fn::sum, Fn::sub, Fn::prod, Fn::min})), {v, w});
            }
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

    ir::Graph graph_;
    ir::ValueId x_ = ir::kNoValue;
    std::vector<ir::ValueId> values_;  // of rank 3
    std::mt19937 random_;
};

builder::BuildOptions optionsFor(const ir::Graph& g, int level) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.tf32 = false;
    o.level = level;
    o.threads = 1;
    if (g.symbols.empty()) return o;
    builder::Profile p;
    p.inputs["x"].min = {2, 1, 8};
    p.inputs["x"].opt = {2, 4, 8};
    p.inputs["x"].max = {2, 9, 8};
    o.profiles = {p};
    return o;
}

void expectSameResults(const ir::Graph& g, runtime::ExecutionContext& context, int64_t rows) {
    std::vector<float> x(static_cast<size_t>(2 * rows * 8));
    for (size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>((i * 2654435761u >> 16) % 2001) / 1000.f - 1.f;
    const std::vector<int64_t> dims{2, rows, 8};
    auto expected = ir::interpret(g, {{DataType::kFLOAT, dims, Blob::of(x)}});
    context.setInputShape(0, dims);
    context.setAddress(0, x.data());
    std::vector<std::vector<float>> results;
    for (const auto& e : expected) results.emplace_back(static_cast<size_t>(e.count()) + 16, 7e7f);
    for (size_t i = 0; i < results.size(); ++i)
        context.setAddress(1 + static_cast<int>(i), results[i].data());
    Status s = context.enqueue();
    ASSERT_TRUE(s.ok()) << s.message;
    for (size_t i = 0; i < expected.size(); ++i) {
        const auto* want = expected[i].bytes.as<float>();
        float range = 1;
        for (int64_t k = 0; k < expected[i].count(); ++k)
            range = std::max(range, std::fabs(want[k]));
        for (int64_t k = 0; k < expected[i].count(); ++k)
            ASSERT_NEAR(results[i][static_cast<size_t>(k)], want[k], 2e-4f * range)
                << "output " << i << ", element " << k;
        ASSERT_EQ(results[i][static_cast<size_t>(expected[i].count())], 7e7f) << "written past";
    }
}

void checkSeed(uint32_t seed) {
    const ir::Graph g = Grower(seed).graph();
    SCOPED_TRACE(cat("seed ", seed, "\n", ir::print(g)));
    plan::Plan plan;
    ASSERT_NO_THROW(plan = builder::build(g, optionsFor(g, 0)));
    // As it was built, and built anew from the network that the engine keeps.
    plan::Plan again;
    ASSERT_NO_THROW(again = builder::rebuild(plan, optionsFor(g, 0)));
    for (plan::Plan* p : {&plan, &again}) {
        auto engine =
            runtime::Engine::load(std::make_shared<const plan::Plan>(std::move(*p)), Log());
        runtime::ExecutionContext context(engine);
        for (int64_t rows :
             g.symbols.empty() ? std::vector<int64_t>{5} : std::vector<int64_t>{1, 9})
            ASSERT_NO_FATAL_FAILURE(expectSameResults(g, context, rows));
    }
}

}  // namespace

TEST(RandomGraphs, RunAsTheyAreWritten) {
    const char* more = std::getenv("BIREME_FUZZ_SECONDS");
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(more ? std::strtol(more, nullptr, 10) : 0);
    for (uint32_t seed = 1; seed <= 150 || std::chrono::steady_clock::now() < end; ++seed)
        ASSERT_NO_FATAL_FAILURE(checkSeed(seed));
}
