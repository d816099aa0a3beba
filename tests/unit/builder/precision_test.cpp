// SPDX-License-Identifier: Apache-2.0
// Precisions below FP32: what runs in them, what does not, and that results stay close to FP32's.
#include "builder/precision.h"
#include "builder/build.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "plan/read.h"
#include "plan/write.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace bireme;

namespace {

// Obeying lets every op run in the type, on the last resort where no kernel is faster.
builder::BuildOptions in(DataType type) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.tf32 = false;
    o.precisions = {type};
    o.obeyPrecisions = true;
    return o;
}

ir::Graph graphIn(const char* text, DataType type) {
    ir::Graph g = ir::parse(text);
    for (ir::NodeId n : g.nodeIds()) g.node(n).precision = type;
    return g;
}

std::vector<float> run(const plan::Plan& plan, const std::vector<float>& x, size_t outputs) {
    const Blob bytes = plan::write(plan);
    auto engine = runtime::Engine::load(
        std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size())), Log());
    runtime::ExecutionContext context(engine);
    std::vector<float> y(outputs);
    context.setAddress(0, const_cast<float*>(x.data()));
    context.setAddress(1, y.data());
    Status s = context.enqueue();
    EXPECT_TRUE(s.ok()) << s.message;
    return y;
}

std::vector<float> ramp(size_t n) {
    std::vector<float> x(n);
    for (size_t i = 0; i < n; ++i)
        x[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50) / 50.f;
    return x;
}

const char* const kNet = R"(
graph main(%x: f32[1,4,6,6]) -> (%y) {
  %w = const f32[8,4,3,3] random(1, -0.2, 0.2)
  %b = const f32[8] random(2)
  %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
  %r = pointwise(%c) {fn=relu}
  %p = pooling(%r) {type=max, window=[2,2], stride=[2,2]}
  %y = reshape(%p) {shape=[1,72]}
})";

bool computesIn(const plan::Plan& plan, DataType type, const std::string& kernel) {
    for (const auto& step : plan.variants[0].root.steps) {
        if (step.kind != plan::StepKind::kernel || step.recipe.find(kernel) == std::string::npos)
            continue;
        const auto& tensors = plan.variants[0].root.tensors;
        return tensors[static_cast<size_t>(step.outputs[0])].desc.type == type;
    }
    return false;
}

}  // namespace

TEST(Precision, ObeyedLayersComputeInTheTypeAndStayClose) {
    for (auto [type, tolerance] : {std::pair(DataType::kHALF, 2e-3f), {DataType::kBF16, 2e-2f}}) {
        ir::Graph g = graphIn(kNet, type);
        auto x = ramp(144);
        auto expected = ir::interpret(g, {{DataType::kFLOAT, {1, 4, 6, 6}, Blob::of(x)}})[0];
        plan::Plan plan = builder::build(g, in(type));
        EXPECT_TRUE(computesIn(plan, type, "convolution"));
        EXPECT_TRUE(computesIn(plan, type, "pooling"));
        auto y = run(plan, x, 72);
        bool rounded = false;
        for (size_t i = 0; i < y.size(); ++i) {
            float want = expected.bytes.as<float>()[i];
            EXPECT_NEAR(y[i], want, tolerance) << i;
            rounded = rounded || y[i] != want;
        }
        EXPECT_TRUE(rounded) << "nothing was computed in the smaller type";
    }
}

TEST(Precision, NothingIsLoweredUnasked) {
    plan::Plan plan = builder::build(ir::parse(kNet), [] {
        auto o = in(DataType::kHALF);
        o.precisions.clear();
        return o;
    }());
    EXPECT_TRUE(computesIn(plan, DataType::kFLOAT, "convolution"));
}

TEST(Precision, ValuesThatMayLeaveTheRangeStayInFp32) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[2,64]) -> (%y) {
  %q = pointwise(%x, %x) {fn=prod}
  %s = reduce(%q) {operation=sum, axes=[1]}
  %y = pointwise(%s) {fn=sqrt}
})");
    builder::BuildOptions o = in(DataType::kHALF);
    o.obeyPrecisions = false;
    std::vector<float> x(128, 300.f);  // whose squares are beyond FP16
    auto y = run(builder::build(g, o), x, 2);
    EXPECT_NEAR(y[0], 2400.f, 1e-3f);

    for (ir::NodeId n : g.nodeIds()) g.node(n).precision = DataType::kHALF;
    o.obeyPrecisions = true;
    try {
        (void)builder::build(g, o);
        FAIL() << "an overflow was obeyed";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("must compute in"), std::string::npos) << e.what();
    }
}

TEST(Precision, ConstantsBeyondTheRangeBecomeItsLargest) {
    const float values[] = {-3.4e38f, 1.5f, INFINITY, 70000.f};
    Blob half = builder::convertConstant(Blob::borrow(values, sizeof values), DataType::kFLOAT,
                                         DataType::kHALF);
    Blob back = builder::convertConstant(half, DataType::kHALF, DataType::kFLOAT);
    EXPECT_EQ(back.as<float>()[0], -65504.f);
    EXPECT_EQ(back.as<float>()[1], 1.5f);
    EXPECT_TRUE(std::isinf(back.as<float>()[2]));
    EXPECT_EQ(back.as<float>()[3], 65504.f);
}
