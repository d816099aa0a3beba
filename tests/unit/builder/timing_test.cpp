// SPDX-License-Identifier: Apache-2.0
// Kernels that fail while they are timed, and what the timing cache and the denylist remember.
#include "faulty_backend.h"

#include "base/status.h"
#include "base/text.h"
#include "builder/build.h"
#include "builder/timing_cache.h"
#include "ir/parse.h"
#include "plan/write.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

using namespace bireme;
using test::Fault;

namespace {

const char* const kRelu = "graph main(%x: f32[4,4]) -> (%y) {\n %y = pointwise(%x) {fn=relu}\n}";
const char* const kTwo =
    "graph main(%x: f32[8,64]) -> (%y) {\n"
    "  %w = const f32[64,32] random(1)\n"
    "  %m = matrix_multiply(%x, %w) {}\n"
    "  %s = softmax(%m) {axis=1}\n"
    "  %y = pointwise(%s) {fn=exp}\n}";

class Timing : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("BIREME_BACKEND", "faulty", 1);
        ::setenv("BIREME_DENYLIST", path_.c_str(), 1);
        std::remove(path_.c_str());
    }
    void TearDown() override {
        ::unsetenv("BIREME_BACKEND");
        ::unsetenv("BIREME_DENYLIST");
        std::remove(path_.c_str());
    }
    // The kernel that a build takes, or its error.
    std::string built(builder::TimingCache* cache = nullptr) {
        builder::BuildOptions o;
        o.device = DeviceType::kCPU;
        o.timingCache = cache;
        try {
            return builder::build(ir::parse(kRelu), o, &report_).variants[0].root.steps[0].kernel;
        } catch (const Error& e) {
            return e.what();
        }
    }
    std::string denied() const {
        std::ostringstream text;
        text << std::ifstream(path_).rdbuf();
        return text.str();
    }

    std::string path_ = cat(testing::TempDir(), "denylist.", ::getpid());
    builder::BuildReport report_;
};

}  // namespace

TEST_F(Timing, FastestIsTaken) {
    test::setFault(Fault::none);
    EXPECT_EQ(built(), "faulty.bad");
}

// The device is slow from when good is timed on: one after another, bad looks three times as fast.
TEST_F(Timing, SwingOfTheDeviceDoesNotDecide) {
    test::setFault(Fault::swings);
    builder::TimingCache cache;
    EXPECT_EQ(built(&cache), "faulty.good");
    // The cache holds what decided, so that it decides alike.
    std::map<std::string, float> ms;
    for (const Hash128& key : cache.keys())
        ms[cache.find(key)->tactic.factory] = cache.find(key)->milliseconds;
    EXPECT_NEAR(ms["faulty.bad"] / ms["faulty.good"], 1.2, 0.01);
    builder::TimingCache copy;
    copy.read(cache.serialize());
    test::setFault(Fault::swings);
    EXPECT_EQ(built(&copy), "faulty.good");
    EXPECT_EQ(test::launches(), 0);
}

TEST_F(Timing, ClearWinnerIsNotTimedAgain) {
    test::setFault(Fault::slow);
    EXPECT_EQ(built(), "faulty.good");
    EXPECT_EQ(test::launches(), 3);
}

TEST_F(Timing, FailedLaunchIsPassedOver) {
    test::setFault(Fault::launch);
    builder::TimingCache cache;
    EXPECT_EQ(built(&cache), "faulty.good");
    EXPECT_GT(test::launches(), 0);
    EXPECT_EQ(denied(), "");
    // That it failed is known too: a full cache times nothing.
    builder::TimingCache copy;
    copy.read(cache.serialize());
    test::setFault(Fault::launch);
    EXPECT_EQ(built(&copy), "faulty.good");
    EXPECT_EQ(test::launches(), 0);
    EXPECT_EQ(report_.timed, 0u);
    EXPECT_EQ(report_.timingHits, 2u);
}

TEST_F(Timing, WantOfMemoryIsTriedAgain) {
    test::setFault(Fault::memory);
    builder::TimingCache cache;
    EXPECT_EQ(built(&cache), "faulty.good");
    test::setFault(Fault::none);
    EXPECT_EQ(built(&cache), "faulty.bad");
}

TEST_F(Timing, TacticThatLosesTheDeviceIsNamedThenSkipped) {
    test::setFault(Fault::lost);
    std::string error = built();
    EXPECT_NE(error.find("tactic faulty.bad made faulty processor unusable"), std::string::npos)
        << error;
    EXPECT_NE(error.find("an illegal address"), std::string::npos) << error;
    EXPECT_NE(error.find(path_), std::string::npos) << error;
    EXPECT_NE(denied().find("faulty.bad\tan illegal address"), std::string::npos) << denied();
    test::setFault(Fault::lost);  // as after a restart of the process
    EXPECT_EQ(built(), "faulty.good");
    EXPECT_EQ(test::launches(), 0);
}

static std::vector<uint8_t> bytesOf(const builder::BuildOptions& o, builder::BuildReport& report) {
    const Blob file = plan::write(builder::build(ir::parse(kTwo), o, &report));
    return {file.data(), file.data() + file.size()};
}

TEST(TimingCache, SameCacheSameBytes) {
    builder::TimingCache cache, copy;
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.timingCache = &cache;
    builder::BuildReport first, second, third;
    auto bytes = bytesOf(o, first);
    EXPECT_GT(first.timed, 0u);
    copy.read(cache.serialize() + cache.serialize());  // files one after another are one
    EXPECT_EQ(copy.size(), cache.size());
    o.timingCache = &copy;
    EXPECT_EQ(bytesOf(o, second), bytes);
    EXPECT_EQ(second.timed, 0u);
    EXPECT_EQ(second.timingHits, first.timed + first.timingHits);
    // What changes the answer changes the key.
    o.maxTactics = 1;
    (void)bytesOf(o, third);
    EXPECT_EQ(third.timingHits, 0u);
}

TEST(TimingCache, DeterministicTimesNothing) {
    builder::TimingCache cache, none;
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.timingCache = &none;
    o.deterministic = true;
    builder::BuildReport report;
    auto guessed = bytesOf(o, report);
    EXPECT_EQ(report.timed, 0u);
    EXPECT_EQ(none.size(), 0u);
    EXPECT_EQ(bytesOf(o, report), guessed);
    o.timingCache = &cache;
    o.deterministic = false;
    auto timed = bytesOf(o, report);
    o.deterministic = true;
    EXPECT_EQ(bytesOf(o, report), timed);
    EXPECT_EQ(report.timed, 0u);
}
