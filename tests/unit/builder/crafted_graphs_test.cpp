// SPDX-License-Identifier: Apache-2.0
// Networks made to hurt: very wide, very deep, with nothing in them, with tensors that are inputs
// and outputs at once. They build without deep recursion, in time that grows about as they do, and
// give what they give unoptimized.
#include "base/text.h"
#include "builder/build.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/matrix_multiply.h"
#include "ops/pointwise.h"
#include "passes/manager.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

using namespace bireme;

namespace {

TensorDesc floats(DimVector dims) { return {DataType::kFLOAT, std::move(dims), {}, {}}; }

ir::ValueId add(ir::Graph& g, ir::Op op, std::vector<ir::ValueId> in) {
    ir::NodeId n = g.addNode(std::move(op), std::move(in), 1, cat("n", g.nodeCount()));
    ir::inferNode(g, n);
    return g.node(n).outputs[0];
}

ir::Op fn(ops::PointwiseFn f) {
    ops::Pointwise p;
    p.fn = f;
    return ir::Op::of(p);
}

// f(f(f(...))), every second one not to be merged with the one before.
ir::Graph chain(int length) {
    ir::Graph g;
    ir::ValueId v = g.addInput("x", floats({2, 2}));
    for (int i = 0; i < length; ++i)
        v = add(g, fn(i % 2 ? ops::PointwiseFn::tanh : ops::PointwiseFn::neg), {v});
    g.markOutput(v);
    return g;
}

// x [w1], x [w2], ... joined again.
ir::Graph siblings(int count) {
    ir::Graph g;
    ir::ValueId x = g.addInput("x", floats({3, 4}));
    std::vector<ir::ValueId> all;
    for (int i = 0; i < count; ++i) {
        std::vector<float> w(8, 0.01f * static_cast<float>(i % 50));
        w[0] = 1e-4f * static_cast<float>(i);  // no two are equal
        ir::ValueId c = g.addConstant(cat("w", i), floats({4, 2}), Blob::of(w));
        all.push_back(add(g, ir::Op::of(ops::MatrixMultiply{}), {x, c}));
    }
    ops::Concat join;
    join.axis = 1;
    g.markOutput(add(g, ir::Op::of(join), all));
    return g;
}

// x -> (f(x), g(x)) -> sum, again and again.
ir::Graph diamonds(int count) {
    ir::Graph g;
    ir::ValueId v = g.addInput("x", floats({4}));
    for (int i = 0; i < count; ++i) {
        ir::ValueId a = add(g, fn(ops::PointwiseFn::tanh), {v}),
                    b = add(g, fn(ops::PointwiseFn::sigmoid), {v});
        v = add(g, fn(ops::PointwiseFn::sum), {a, b});
    }
    g.markOutput(v);
    return g;
}

// Channels are shuffled, one half goes through a convolution, the other past it, again and again.
ir::Graph shuffles(int count) {
    std::string text = cat("graph main(%v0: f32[1,4,1,3]) -> (%v", count, ") {\n");
    for (int i = 0; i < count; ++i)
        text += cat("  %w", i, " = const f32[2,2,1,1] random(", i, ")\n  %a", i, " = reshape(%v", i,
                    ") {shape=[1,2,2,1,3]}\n  %t", i, " = transpose(%a", i,
                    ") {permutation=[0,2,1,3,4]}\n  %s", i, " = reshape(%t", i,
                    ") {shape=[1,4,1,3]}\n  %l", i, " = slice(%s", i,
                    ") {start=[0], size=[2], axes=[1]}\n  %h", i, " = slice(%s", i,
                    ") {start=[2], size=[2], axes=[1]}\n  %c", i, " = convolution(%h", i, ", %w", i,
                    ")\n  %v", i + 1, " = concat(%l", i, ", %c", i, ") {axis=1}\n");
    return ir::parse(text + "}");
}

double secondsToOptimize(ir::Graph g) {
    passes::PassContext context;
    auto begin = std::chrono::steady_clock::now();
    passes::runPipeline(g, context);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Four times the network takes about four times as long: far from sixteen.
void expectNearLinear(ir::Graph (*make)(int), int size) {
    const double small = secondsToOptimize(make(size)), large = secondsToOptimize(make(4 * size));
    EXPECT_LT(large, 9 * small + 0.2) << small << " s for " << size << ", then " << large << " s";
}

void expectSame(const ir::Graph& g, const std::vector<ir::Tensor>& inputs) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.tf32 = false;
    o.level = 1;  // at level 0 a kernel that declines while it is made ends the build
    auto plan = std::make_shared<plan::Plan>();
    ASSERT_NO_THROW(*plan = builder::build(g, o));
    auto engine = runtime::Engine::load(std::shared_ptr<const plan::Plan>(plan), Log());
    runtime::ExecutionContext context(engine);
    auto expected = ir::interpret(g, inputs);
    const int n = static_cast<int>(inputs.size());
    for (int i = 0; i < n; ++i)
        context.setAddress(i, const_cast<uint8_t*>(inputs[static_cast<size_t>(i)].bytes.data()));
    std::vector<std::vector<float>> results;
    for (const auto& e : expected) results.emplace_back(static_cast<size_t>(e.count()) + 1);
    for (size_t i = 0; i < results.size(); ++i)
        context.setAddress(n + static_cast<int>(i), results[i].data());
    Status s = context.enqueue();
    ASSERT_TRUE(s.ok()) << s.message;
    for (size_t i = 0; i < expected.size(); ++i)
        for (int64_t k = 0; k < expected[i].count(); ++k)
            ASSERT_NEAR(results[i][static_cast<size_t>(k)], expected[i].bytes.as<float>()[k], 1e-4)
                << "output " << i;
}

ir::Tensor ramp(std::vector<int64_t> dims) {
    std::vector<float> v(static_cast<size_t>(ir::elementCount(dims)));
    for (size_t i = 0; i < v.size(); ++i) v[i] = 0.1f * static_cast<float>(i) - 0.3f;
    return {DataType::kFLOAT, std::move(dims), Blob::of(v)};
}

}  // namespace

TEST(CraftedGraphs, TimeGrowsAsTheNetworkDoes) {
    expectNearLinear(chain, 2000);
    expectNearLinear(siblings, 500);
    expectNearLinear(diamonds, 500);
    expectNearLinear(shuffles, 250);
}

TEST(CraftedGraphs, DeepChainsNeedNoStack) {
    ir::Graph g = chain(100000);
    EXPECT_NO_THROW(passes::runPipeline(g, passes::PassContext()));
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.level = 0;
    EXPECT_NO_THROW(builder::build(chain(20000), o));  // all stages behind the passes, too
}

TEST(CraftedGraphs, WideAndDeepOnesRun) {
    expectSame(chain(300), {ramp({2, 2})});
    expectSame(siblings(300), {ramp({3, 4})});
    expectSame(diamonds(100), {ramp({4})});
    expectSame(shuffles(150), {ramp({1, 4, 1, 3})});
}

// Where each of a million million channels comes from is not listed.
TEST(CraftedGraphs, ChannelsBeyondCounting) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[1,1099511627776,1,3]) -> (%y) {
  %w = const f32[1,2,1,1] {1, 2}
  %a = reshape(%x) {shape=[1,2,549755813888,1,3]}
  %t = transpose(%a) {permutation=[0,2,1,3,4]}
  %s = reshape(%t) {shape=[1,1099511627776,1,3]}
  %h = slice(%s) {start=[0], size=[2], axes=[1]}
  %y = convolution(%h, %w)
})");
    EXPECT_NO_THROW(passes::runPipeline(g, passes::PassContext()));
}

TEST(CraftedGraphs, NothingInTheTensors) {
    expectSame(ir::parse(R"(
graph main(%x: f32[0,4]) -> (%y, %z) {
  %a = pointwise(%x) {fn=exp}
  %b = pointwise(%x) {fn=tanh}
  %y = concat(%a, %b) {axis=1}
  %z = slice(%y) {start=[1], size=[3], axes=[1]}
})"),
               {ramp({0, 4})});
}

TEST(CraftedGraphs, RankZero) {
    expectSame(ir::parse(R"(
graph main(%x: f32[]) -> (%y) {
  %a = pointwise(%x) {fn=exp}
  %b = pointwise(%x) {fn=tanh}
  %y = pointwise(%a, %b) {fn=sum}
})"),
               {ramp({})});
}

TEST(CraftedGraphs, OutputsThatAreInputsAndPartsOfOthers) {
    expectSame(ir::parse(R"(
graph main(%x: f32[2,6]) -> (%o, %j, %p, %q, %a) {
  %o = identity(%x)
  %a = pointwise(%x) {fn=abs}
  %b = pointwise(%x) {fn=tanh}
  %j = concat(%a, %b, %x) {axis=1}
  %p = slice(%j) {start=[6], size=[6], axes=[1]}
  %q = reshape(%p) {shape=[12]}
})"),
               {ramp({2, 6})});
}
