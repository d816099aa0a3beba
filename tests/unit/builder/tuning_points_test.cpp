// SPDX-License-Identifier: Apache-2.0
// Kernels that are timed at several shapes of a profile, and which of them run.
#include "faulty_backend.h"

#include "base/status.h"
#include "builder/build.h"
#include "builder/timing_cache.h"
#include "builder/tuning_points.h"
#include "ir/parse.h"
#include "plan/describe.h"
#include "plan/read.h"
#include "plan/write.h"
#include "runtime/shapes.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace bireme;
using Extents = std::vector<int64_t>;

namespace {

builder::Profile profile(Extents min, Extents opt, Extents max) {
    builder::Profile p;
    p.inputs["x"].min = std::move(min);
    p.inputs["x"].opt = std::move(opt);
    p.inputs["x"].max = std::move(max);
    return p;
}

std::vector<Extents> pointsOf(const builder::Profile& p, int count) {
    std::vector<Extents> points;
    for (const auto& point : builder::tuningPoints(p, count)) {
        EXPECT_EQ(point.inputs.at("x").min, p.inputs.at("x").min);
        EXPECT_EQ(point.inputs.at("x").max, p.inputs.at("x").max);
        points.push_back(point.inputs.at("x").opt);
    }
    return points;
}

class TuningPoints : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("BIREME_BACKEND", "faulty", 1);
        test::setFault(test::Fault::large);
        options_.device = DeviceType::kCPU;
        options_.profiles = {profile({1, 16}, {8, 16}, {64, 16})};
        options_.timingCache = &cache_;
    }
    void TearDown() override { ::unsetenv("BIREME_BACKEND"); }
    plan::Plan built(int points) {
        options_.tuningPoints = points;
        const plan::Plan plan = builder::build(
            ir::parse("graph main(%x: f32[N,16]) -> (%y) {\n %y = pointwise(%x) {fn=relu}\n}"),
            options_, &report_);
        const auto bytes = plan::write(plan);
        return plan::read(bytes.data(), bytes.size());
    }
    // What runs a batch.
    static std::string kernelOf(const plan::Plan& plan, int64_t batch) {
        const auto r = runtime::resolve(plan, 0, {{{batch, 16}, {}, true}, {}});
        EXPECT_EQ(r.values, (Dim::Values{{"N", batch}}));
        return plan.variants.at(r.variant).root.steps.at(0).kernel;
    }

    builder::TimingCache cache_;
    builder::BuildOptions options_;
    builder::BuildReport report_;
};

}  // namespace

TEST(TuningPointsOf, OptimumEndsAndBetween) {
    const auto batches = profile({1, 3}, {32, 3}, {128, 3});
    EXPECT_EQ(pointsOf(batches, 1), (std::vector<Extents>{{32, 3}}));
    EXPECT_EQ(pointsOf(batches, 3), (std::vector<Extents>{{32, 3}, {1, 3}, {128, 3}}));
    EXPECT_EQ(pointsOf(batches, 5),
              (std::vector<Extents>{{32, 3}, {1, 3}, {128, 3}, {8, 3}, {4, 3}}));
    // Nothing is timed twice, nor what is next to something that is.
    EXPECT_EQ(pointsOf(profile({4}, {4}, {4}), 16), (std::vector<Extents>{{4}}));
    EXPECT_EQ(pointsOf(profile({4}, {4}, {5}), 16), (std::vector<Extents>{{4}}));
    EXPECT_EQ(pointsOf(profile({0}, {1}, {2}), 16), (std::vector<Extents>{{1}, {2}}));
    // All extents move together.
    EXPECT_EQ(pointsOf(profile({1, 16}, {16, 256}, {16, 256}), 16),
              (std::vector<Extents>{{16, 256}, {1, 16}, {4, 64}, {8, 128}, {2, 32}}));
}

TEST_F(TuningPoints, NearestPointRuns) {
    const plan::Plan one = built(1);
    EXPECT_EQ(one.variants.size(), 1u);
    EXPECT_EQ(kernelOf(one, 1), "faulty.good");
    const plan::Plan three = built(3);  // at 8, 1 and 64
    ASSERT_EQ(three.variants.size(), 2u);
    EXPECT_EQ(three.variants[0].points, (std::vector<Extents>{{8}, {64}}));
    EXPECT_EQ(three.variants[1].points, (std::vector<Extents>{{1}}));
    EXPECT_EQ(kernelOf(three, 1), "faulty.bad");
    EXPECT_EQ(kernelOf(three, 2), "faulty.bad");
    EXPECT_EQ(kernelOf(three, 3), "faulty.good");
    EXPECT_EQ(kernelOf(three, 64), "faulty.good");
    EXPECT_THROW((void)kernelOf(three, 65), Error);
    const std::string text = plan::engineText(three, {});
    EXPECT_NE(text.find("profile 0 timed at N=1: 1 layers, 1 of them by other tactics than at "
                        "N=8; N=64"),
              std::string::npos)
        << text;
}

TEST_F(TuningPoints, CacheKnowsEveryPoint) {
    (void)built(3);
    EXPECT_GT(report_.timed, 0u);
    (void)built(3);
    EXPECT_EQ(report_.timed, 0u);
    EXPECT_GT(report_.timingHits, 0u);
}
