// SPDX-License-Identifier: Apache-2.0
// Text graph -> plan -> bytes -> engine -> results, compared with the graph's own interpretation.
#include "builder/build.h"
#include "base/text.h"
#include "builder/timing_cache.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "plan/read.h"
#include "plan/write.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace bireme;

namespace {

builder::BuildOptions onCpu(std::vector<builder::Profile> profiles = {}) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.profiles = std::move(profiles);
    o.tf32 = false;
    return o;
}

builder::Profile profile(const std::string& name, std::vector<int64_t> min,
                         std::vector<int64_t> opt, std::vector<int64_t> max) {
    builder::Profile p;
    p.inputs[name].min = std::move(min);
    p.inputs[name].opt = std::move(opt);
    p.inputs[name].max = std::move(max);
    return p;
}

std::shared_ptr<const runtime::Engine> load(const plan::Plan& plan) {
    const Blob bytes = plan::write(plan);
    auto read = std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size()));
    return runtime::Engine::load(read, Log());
}

ir::Tensor random(const std::vector<int64_t>& dims, DataType type = DataType::kFLOAT) {
    int64_t n = ir::elementCount(dims);
    std::vector<float> v(static_cast<size_t>(n));
    uint32_t state = 7;
    for (float& f : v)
        f = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) / 8388608.0f - 1.0f;
    if (type == DataType::kFLOAT) return {type, dims, Blob::of(v)};
    std::vector<int64_t> i(v.size());
    for (size_t k = 0; k < v.size(); ++k) i[k] = static_cast<int64_t>(std::fabs(v[k]) * 3);
    return {DataType::kINT64, dims, Blob::of(i)};
}

void expectSame(const runtime::Engine& engine, runtime::ExecutionContext& context,
                const ir::Graph& g, const std::vector<ir::Tensor>& inputs) {
    auto expected = ir::interpret(g, inputs);
    int inputCount = static_cast<int>(inputs.size());
    for (int i = 0; i < inputCount; ++i) {
        context.setInputShape(i, inputs[static_cast<size_t>(i)].dims);
        context.setAddress(i, const_cast<uint8_t*>(inputs[static_cast<size_t>(i)].bytes.data()));
    }
    std::vector<std::vector<uint8_t>> results;
    for (const auto& e : expected) results.emplace_back(e.bytes.size() + 64);
    for (size_t i = 0; i < expected.size(); ++i)
        context.setAddress(inputCount + static_cast<int>(i), results[i].data());
    Status s = context.enqueue();
    ASSERT_TRUE(s.ok()) << s.message << " at " << context.failedLayer();
    (void)engine;
    for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(context.shape(inputCount + static_cast<int>(i)), expected[i].dims);
        if (expected[i].type != DataType::kFLOAT) {
            EXPECT_EQ(
                std::memcmp(results[i].data(), expected[i].bytes.data(), expected[i].bytes.size()),
                0);
            continue;
        }
        const auto* want = expected[i].bytes.as<float>();
        const auto* have = reinterpret_cast<const float*>(results[i].data());
        for (int64_t k = 0; k < expected[i].count(); ++k)
            ASSERT_NEAR(have[k], want[k], 1e-4 * (1 + std::fabs(want[k]))) << "element " << k;
    }
}

void check(const char* text, const std::vector<ir::Tensor>& inputs,
           const builder::BuildOptions& o = onCpu()) {
    ir::Graph g = ir::parse(text);
    const plan::Plan plan = builder::build(g, o);
    for (const plan::Plan& p : {plan, builder::rebuild(plan, o)}) {
        auto engine = load(p);
        runtime::ExecutionContext context(engine);
        expectSame(*engine, context, g, inputs);
    }
}

const char* const kConvolutions = R"(
graph main(%x: f32[1,8,14,14]) -> (%y, %p) {
  %w = const f32[16,8,3,3] random(1, -0.2, 0.2)
  %b = const f32[16] random(2)
  %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
  %r = pointwise(%c) {fn=relu}
  %w2 = const f32[16,16,1,1] random(3, -0.2, 0.2)
  %d = convolution(%r, %w2)
  %s = pointwise(%d, %r) {fn=sum}
  %y = pointwise(%s) {fn=relu}
  %p = pooling(%y) {type=max, window=[2,2], stride=[2,2]}
})";

}  // namespace

TEST(Build, ConvolutionsWithResidual) { check(kConvolutions, {random({1, 8, 14, 14})}); }

TEST(Build, EveryLevelGivesTheSame) {
    for (int level : {0, 1, 5}) {
        auto o = onCpu();
        o.level = level;
        check(kConvolutions, {random({1, 8, 14, 14})}, o);
    }
}

TEST(Build, OutputsThatAreInputsConstantsAndViews) {
    check(R"(
graph main(%x: f32[2,6]) -> (%k, %r, %a, %v) {
  %k = const f32[3] {1, 2, 3}
  %a = pointwise(%x) {fn=abs}
  %r = reshape(%x) {shape=[3,4]}
  %v = reshape(%a) {shape=[12]}
})",
          {random({2, 6})});
}

// Queries, keys and values of one product are read where it left them: the steps are the product,
// attention, and nothing that copies.
TEST(Build, HeadsArePartsOfOneProduct) {
    const char* text = R"(
graph main(%x: f32[B,S,32]) -> (%y) {
  symbol B = 1..4
  symbol S = 1..16
  %wq = const f32[1,32,32] random(1, -0.3, 0.3)
  %wk = const f32[1,32,32] random(2, -0.3, 0.3)
  %wv = const f32[1,32,32] random(3, -0.3, 0.3)
  %bq = const f32[1,1,32] random(4)
  %bv = const f32[1,1,32] random(5)
  %mq = matrix_multiply(%x, %wq)
  %mk = matrix_multiply(%x, %wk)
  %mv = matrix_multiply(%x, %wv)
  %q = pointwise(%mq, %bq) {fn=sum}
  %v = pointwise(%bv, %mv) {fn=sum}
  %q1 = reshape(%q) {shape=[0,0,2,16]}
  %k1 = reshape(%mk) {shape=[0,0,2,16]}
  %v1 = reshape(%v) {shape=[0,0,2,16]}
  %q2 = transpose(%q1) {permutation=[0,2,1,3]}
  %k2 = transpose(%k1) {permutation=[0,2,1,3]}
  %v2 = transpose(%v1) {permutation=[0,2,1,3]}
  %a = attention(%q2, %k2, %v2) {scale=0.25}
  %a1 = transpose(%a) {permutation=[0,2,1,3]}
  %y = reshape(%a1) {shape=[0,0,32]}
})";
    ir::Graph g = ir::parse(text);
    auto o = onCpu({profile("x", {1, 1, 32}, {2, 8, 32}, {4, 16, 32})});
    o.level = 0;  // times of kernels this small are noise
    plan::Plan plan = builder::build(g, o);
    std::vector<std::string> kernels;
    for (const auto& s : plan.variants[0].root.steps) kernels.push_back(s.kernel);
    EXPECT_EQ(kernels.size(), 2u) << join(kernels, ", ");
    auto engine = load(plan);
    runtime::ExecutionContext context(engine);
    for (auto dims : std::vector<std::vector<int64_t>>{{1, 1, 32}, {3, 5, 32}, {4, 16, 32}})
        expectSame(*engine, context, g, {random(dims)});
}

// A part that a kernel cannot read in place, and one that the user sees, are copied.
TEST(Build, PartsThatAreCopied) {
    check(R"(
graph main(%x: f32[2,3,8]) -> (%p, %s) {
  %a = pointwise(%x) {fn=abs}
  %p = slice(%a) {start=[4], size=[4], axes=[2]}
  %q = slice(%a) {start=[0,1], size=[4,2], axes=[2,1]}
  %s = softmax(%q) {axis=2}
})",
          {random({2, 3, 8})});
}

TEST(Build, DynamicShapesThroughOneEngine) {
    const char* text = R"(
graph main(%x: f32[N,3,H,W]) -> (%y) {
  %w = const f32[4,3,3,3] random(1, -0.3, 0.3)
  %c = convolution(%x, %w) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
  %r = pointwise(%c) {fn=relu}
  %m = reduce(%r) {operation=avg, axes=[2,3]}
  %g = pointwise(%m) {fn=sigmoid}
  %y = pointwise(%r, %g) {fn=prod}
})";
    ir::Graph g = ir::parse(text);
    auto engine = load(
        builder::build(g, onCpu({profile("x", {1, 3, 8, 8}, {1, 3, 32, 32}, {4, 3, 64, 48})})));
    runtime::ExecutionContext context(engine);
    for (std::vector<int64_t> dims :
         {std::vector<int64_t>{1, 3, 32, 32}, {4, 3, 64, 48}, {2, 3, 9, 17}, {1, 3, 32, 32}})
        expectSame(*engine, context, g, {random(dims)});
    try {
        context.setInputShape(0, {1, 3, 65, 48});
        FAIL() << "a shape outside the profile was taken";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("65"), std::string::npos) << e.what();
    }
}

// Nothing is copied into a part of a buffer that no layer made.
TEST(Build, PartsOfNoBuffer) {
    auto o = onCpu({profile("x", {1, 8, 6, 6}, {3, 8, 6, 6}, {3, 8, 6, 6})});
    o.level = 0;
    o.threads = 1;
    check(R"(
graph main(%x: f32[N,8,6,6]) -> (%n.39) {
  symbol N = 1..3
  %n = concat(%x, %x, %x, %x) {axis=1}
  %n.1 = reduce(%x) {axes=[0,1,2,3], keepDims=false}
  %c = const f32[] {0.10037}
  %n.2 = pointwise(%n.1, %c) {fn=greater}
  %n.3 = if(%n.2, %x) [graph main(%x: f32[N,8,6,6]) -> (%b.2) {
    %b = pointwise(%x) {fn=abs}
    %b.1 = pointwise(%b) {fn=neg}
    %b.2 = pointwise(%b.1) {fn=abs}
  }, graph main(%x: f32[N,8,6,6]) -> (%b.3) {
    %b = pointwise(%x) {fn=abs}
    %b.1 = pointwise(%b) {fn=relu}
    %b.2 = pointwise(%b.1) {fn=tanh}
    %b.3 = pointwise(%b.2) {fn=abs}
  }]
  %n.4 = pointwise(%n.3) {fn=relu}
  %n.5 = pad(%n.4) {pads=[0,0,1,1,0,0,1,1]}
  %n.6 = pooling(%n.5) {window=[3,3]}
  %n.7 = pooling(%n) {type=average, window=[3,3], prePadding=[1,1], postPadding=[1,1], excludePadding=false}
  %n.8 = transpose(%n.7) {permutation=[0,2,3,1]}
  %n.9 = reduce(%n.8) {operation=avg, axes=[1,2], keepDims=false}
  %c.10 = const f32[32,3] random(1)
  %n.11 = matrix_multiply(%n.9, %c.10)
  %n.12 = pointwise(%n.11) {fn=relu}
  %c.13 = const f32[3,32] random(2)
  %n.14 = matrix_multiply(%n.12, %c.13)
  %c.15 = const f32[32] random(3)
  %n.16 = pointwise(%n.14, %c.15) {fn=sum}
  %n.17 = pointwise(%n.16) {fn=sigmoid}
  %n.18 = reshape(%n.17) {shape=[0,1,1,32]}
  %n.19 = pointwise(%n.8, %n.18) {fn=prod}
  %n.20 = transpose(%n.19) {permutation=[0,3,1,2]}
  %n.21 = slice(%n.20) {start=[0], size=[4], axes=[1]}
  %n.33 = reshape(%n.21) {shape=[0,2,2,6,6]}
  %n.34 = transpose(%n.33) {permutation=[0,2,1,3,4]}
  %n.35 = reshape(%n.34) {shape=[0,4,6,6]}
  %n.39 = concat(%n.6, %n.35) {axis=1}
})",
          {random({3, 8, 6, 6})}, o);
}

TEST(Build, ShapeComputationsVanish) {
    const char* text = R"(
graph main(%x: f32[B,S,12]) -> (%y) {
  %s = shape(%x)
  %zero = const i64[1] {0}
  %one = const i64[1] {1}
  %heads = const i64[2] {3, 4}
  %b = gather(%s, %zero)
  %q = gather(%s, %one)
  %d = concat(%b, %q, %heads)
  %r = reshape(%x, %d)
  %y = transpose(%r) {permutation=[0,2,1,3]}
})";
    ir::Graph g = ir::parse(text);
    plan::Plan plan = builder::build(g, onCpu({profile("x", {1, 1, 12}, {1, 8, 12}, {2, 16, 12})}));
    EXPECT_LE(plan.variants.at(0).root.steps.size(), 1u) << ir::print(g);
    auto engine = load(plan);
    runtime::ExecutionContext context(engine);
    expectSame(*engine, context, g, {random({2, 5, 12})});
}

TEST(Build, DataDependentExtents) {
    const char* text = R"(
graph main(%x: f32[6,4]) -> (%y) {
  %n = non_zero(%x) {indicesType=i64}
  %t = transpose(%n)
  %y = gather(%x, %t) {mode=nd}
})";
    ir::Tensor x = random({6, 4});
    std::vector<float> v(x.bytes.as<float>(), x.bytes.as<float>() + 24);
    for (size_t i = 0; i < v.size(); i += 3) v[i] = 0;
    x.bytes = Blob::of(v);
    check(text, {x});
}

TEST(Build, TwoConfigsLeaveTheNetworkAlone) {
    ir::Graph g = ir::parse(kConvolutions);
    std::string before = ir::print(g);
    auto a = load(builder::build(g, onCpu()));
    auto o = onCpu();
    o.level = 0;
    o.threads = 1;
    auto b = load(builder::build(g, o));
    EXPECT_EQ(ir::print(g), before);
    runtime::ExecutionContext ca(a), cb(b);
    expectSame(*a, ca, g, {random({1, 8, 14, 14})});
    expectSame(*b, cb, g, {random({1, 8, 14, 14})});
}

TEST(Build, ProfilesAreTwoVariants) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[N,8]) -> (%y) {
  %w = const f32[8,8] random(3)
  %y = matrix_multiply(%x, %w)
})");
    plan::Plan plan = builder::build(
        g, onCpu({profile("x", {1, 8}, {1, 8}, {4, 8}), profile("x", {16, 8}, {64, 8}, {128, 8})}));
    EXPECT_EQ(plan.variants.size(), 2u);
    auto engine = load(plan);
    runtime::ExecutionContext context(engine);
    expectSame(*engine, context, g, {random({3, 8})});
    context.setProfile(1);
    expectSame(*engine, context, g, {random({100, 8})});
}

TEST(Build, TimingCacheAnswersTheSecondBuild) {
    ir::Graph g = ir::parse(kConvolutions);
    builder::TimingCache cache;
    auto o = onCpu();
    o.timingCache = &cache;
    builder::BuildReport first, second;
    builder::build(g, o, &first);
    builder::TimingCache copy;
    copy.read(cache.serialize());
    EXPECT_EQ(copy.size(), cache.size());
    o.timingCache = &copy;
    o.errorOnTimingMiss = true;
    builder::build(g, o, &second);
    EXPECT_EQ(second.timed, 0u);
    EXPECT_THROW(copy.read("something else"), Error);
}

static std::string errorOf(const char* text, const builder::BuildOptions& o) {
    try {
        builder::build(ir::parse(text), o);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

TEST(Build, ErrorsNameInputAndReason) {
    const char* dynamic =
        "graph main(%image: f32[N,4]) -> (%y) {\n %y = pointwise(%image) {fn=relu}\n}";
    EXPECT_NE(errorOf(dynamic, onCpu()).find("\"image\" [N,4]"), std::string::npos)
        << errorOf(dynamic, onCpu());
    std::string typo = errorOf(dynamic, onCpu({profile("imagee", {1, 4}, {1, 4}, {1, 4})}));
    EXPECT_NE(typo.find("did you mean \"image\""), std::string::npos) << typo;
    std::string order = errorOf(dynamic, onCpu({profile("image", {2, 4}, {1, 4}, {3, 4})}));
    EXPECT_NE(order.find("min <= opt <= max"), std::string::npos) << order;
    std::string fixed = errorOf(dynamic, onCpu({profile("image", {1, 5}, {1, 5}, {1, 5})}));
    EXPECT_NE(fixed.find("dimension 1 is 4"), std::string::npos) << fixed;
    auto gpu = onCpu({profile("image", {1, 4}, {1, 4}, {1, 4})});
    gpu.device = DeviceType::kGPU;
    gpu.deviceSet = true;
    EXPECT_NE(errorOf(dynamic, gpu).find("GPU"), std::string::npos);
    std::string own = errorOf("graph main(%image: f32[4]) -> (%image) {\n}", onCpu());
    EXPECT_NE(own.find("\"image\" is an input and cannot be an output"), std::string::npos) << own;
}

namespace {
class Cancel final : public builder::Progress {
public:
    void phaseStart(const char*, const char*, int) override {}
    bool step(const char* phase, int) override { return std::strcmp(phase, "timing") != 0; }
    void phaseFinish(const char*) override {}
};
}  // namespace

TEST(Build, ProgressCancels) {
    Cancel cancel;
    auto o = onCpu();
    o.progress = &cancel;
    EXPECT_NE(errorOf(kConvolutions, o).find("cancelled"), std::string::npos);
}
