// SPDX-License-Identifier: Apache-2.0
// Weights below FP32's normal range are zero on a CPU where larger ones stand beside them.
#include "builder/subnormals.h"
#include "builder/build.h"
#include "ir/parse.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

using namespace bireme;

namespace {

// Results for inputs that tell a weight of 1e-40 from zero.
std::vector<float> run(const char* text) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.level = 0;
    auto plan = std::make_shared<plan::Plan>(builder::build(ir::parse(text), o));
    runtime::ExecutionContext context(
        runtime::Engine::load(std::shared_ptr<const plan::Plan>(plan), Log()));
    std::vector<float> x{1e30f, 0, 1e30f, 0}, y(2);
    context.setAddress(0, x.data());
    context.setAddress(1, y.data());
    const Status s = context.enqueue();
    EXPECT_TRUE(s.ok()) << s.message;
    return y;
}

}  // namespace

TEST(Subnormals, AreZeroBesideLargerWeights) {
    const auto y = run(R"(
graph main(%x: f32[2,2]) -> (%y) {
  %w = const f32[2,1] {1e-40, 1}
  %y = matrix_multiply(%x, %w)
})");
    EXPECT_EQ(y, (std::vector<float>{0, 0}));
}

TEST(Subnormals, StayWhereAllAreSmallOrNothingIsSummed) {
    const auto small = run(R"(
graph main(%x: f32[2,2]) -> (%y) {
  %w = const f32[2,1] {1e-40, 1e-38}
  %y = matrix_multiply(%x, %w)
})");
    EXPECT_NEAR(small[0], 1e-10f, 1e-14f);
    const auto scaled = run(R"(
graph main(%x: f32[2,2]) -> (%z) {
  %w = const f32[2,2] {1e-40, 1, 1, 1}
  %y = pointwise(%x, %w) {fn=prod}
  %z = slice(%y) {start=[0], size=[1], axes=[0]}
})");
    EXPECT_NEAR(scaled[0], 1e-10f, 1e-14f);
}
