// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "plans.h"
#include "runtime/context.h"

#include <gtest/gtest.h>

using namespace bireme;
using namespace bireme::runtime;
using namespace bireme::runtime::test;

namespace {

std::unique_ptr<ExecutionContext> contextOf(std::shared_ptr<const plan::Plan> plan,
                                            MemoryStrategy m = MemoryStrategy::fixed) {
    return std::make_unique<ExecutionContext>(Engine::load(std::move(plan), Log()), m);
}

template <typename F>
std::string errorOf(F&& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

std::shared_ptr<const plan::Plan> imagePlan() {
    PlanBuilder b;
    Dim n = Dim::symbol("N"), h = Dim::symbol("H"), w = Dim::symbol("W");
    int32_t x = b.input("x", {n, 3, h, w}, {1, 3, 32, 32}, {4, 3, 2048, 2048}),
            y = b.output("y", {n, 3, h, w});
    b.step("toy.double", {x}, {y});
    return b.finish();
}

std::shared_ptr<const plan::Plan> oneStep(const char* kernel) {
    PlanBuilder b;
    int32_t x = b.input("x", {4}, {4}, {4}), y = b.output("y", {4});
    b.step(kernel, {x}, {y});
    return b.finish();
}

}  // namespace

TEST(Shapes, OutsideTheProfile) {
    auto c = contextOf(imagePlan());
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(0, {1, 3, 64, 5000});
              }),
              "input \"x\": dimension 3 is 5000, profile 0 allows 32 to 2048");
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(0, {1, 3, 64, -1});
              }),
              "input \"x\": dimension 3 is -1, profile 0 allows 32 to 2048");
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(0, {1, 4, 64, 64});
              }),
              "input \"x\": dimension 1 is 4, the engine takes 3");
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(0, {3, 64, 64});
              }),
              "input \"x\": got 3 dimensions [3,64,64], the engine takes 4: [N,3,H,W]");
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(0, {1, 64, 96, 3});
              }),
              "input \"x\": dimension 1 is 64, the engine takes 3; the engine takes channels "
              "first, [N,3,H,W], and this looks like channels last");
    EXPECT_EQ(errorOf([&] {
                  c->setInputShape(1, {1, 3, 64, 64});
              }),
              "\"y\" is an output: its shape follows from the inputs");
    EXPECT_EQ(errorOf([&] { c->setInputShape(7, {}); }), "there is no input or output 7");
    EXPECT_FALSE(c->inputShapesSet());
    EXPECT_EQ(c->shape(1), (std::vector<int64_t>{-1, 3, -1, -1}));
    c->setInputShape(0, {1, 3, 64, 96});
    EXPECT_TRUE(c->inputShapesSet());
    EXPECT_EQ(c->shape(1), (std::vector<int64_t>{1, 3, 64, 96}));
    EXPECT_EQ(c->strides(1), (std::vector<int64_t>{18432, 6144, 96, 1}));
    EXPECT_EQ(c->maxOutputBytes(1), 18432 * 4);
}

TEST(Shapes, InputsThatDisagree) {
    PlanBuilder b;
    Dim n = Dim::symbol("N");
    int32_t x = b.input("x", {n}, {1}, {8}), z = b.input("z", {n}, {1}, {8}),
            y = b.output("y", {n});
    b.step("toy.add", {x, z}, {y});
    auto c = contextOf(b.finish());
    c->setInputShape(0, {3});
    EXPECT_EQ(c->inferShapes(), (std::vector<int32_t>{1}));
    c->setInputShape(1, {4});
    EXPECT_EQ(errorOf([&] { c->inferShapes(); }),
              "input \"z\": dimension 0 is 4, but input \"x\": dimension 0 says that N is 3");
    c->setInputShape(1, {3});
    EXPECT_TRUE(c->inferShapes().empty());
}

TEST(Shapes, ProfilesHaveTheirOwnVariants) {
    PlanBuilder b;
    Dim n = Dim::symbol("N");
    int32_t x = b.input("x", {n}, {1}, {8}), y = b.output("y", {n});
    b.step("toy.double", {x}, {y});
    plan::Variant second = b.variant();
    second.profile = 1;
    second.ranges[0].second = {9, 100};
    second.root.steps[0].kernel = "toy.count";
    second.arenaBytes = 4096;
    b.plan.variants.push_back(second);
    b.plan.profileCount = 2;
    b.plan.io[0].profiles.push_back({{9}, {9}, {100}, {}, {}, {}});
    auto c = contextOf(b.finish(), MemoryStrategy::onProfileChange);
    EXPECT_EQ(c->engine().deviceMemory(0), 0);
    EXPECT_EQ(c->engine().deviceMemory(), 4096);
    EXPECT_EQ(errorOf([&] { c->setProfile(2); }),
              "profile 2 does not exist: the engine has 2 profiles");
    c->setProfile(1);
    EXPECT_EQ(errorOf([&] { c->setInputShape(0, {8}); }),
              "input \"x\": dimension 0 is 8, profile 1 allows 9 to 100");
    std::vector<float> in(9, 3), out(9);
    c->setInputShape(0, {9});
    c->setAddress(0, in.data());
    c->setAddress(1, out.data());
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(out[8], 3);
    c->setProfile(0);
    EXPECT_FALSE(c->enqueue().ok());
    c->setInputShape(0, {2});
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(out[1], 6);
}

TEST(Errors, WhatIsMissingIsNamed) {
    auto c = contextOf(chainPlan());
    std::vector<float> x(2), y(2);
    EXPECT_STREQ(
        c->enqueue().message,
        "input \"x\" [N] has no shape: set it with setInputShape; profile 0 allows [1] to [8]");
    c->setInputShape(0, {2});
    EXPECT_STREQ(c->enqueue().message, "input \"x\" has no address: set it with setTensorAddress");
    c->setAddress(0, x.data());
    EXPECT_STREQ(c->enqueue().message, "output \"y\" has no address: set it with setTensorAddress");
    c->setAddress(1, y.data());
    EXPECT_TRUE(c->enqueue().ok());
    c->setAddress(0, nullptr);
    EXPECT_FALSE(c->enqueue().ok());
}

TEST(Errors, AFailedStepIsNamed) {
    std::vector<float> x(4), y(4);
    for (const char* kernel : {"toy.fail", "toy.refuse"}) {
        auto c = contextOf(oneStep(kernel));
        c->setAddress(0, x.data());
        c->setAddress(1, y.data());
        Status s = c->enqueue();
        EXPECT_FALSE(s.ok());
        EXPECT_EQ(std::string(c->failedLayer()), std::string(kernel).substr(4) + " 0");
        EXPECT_EQ(std::string(s.message).rfind("the toy ", 0), 0u) << s.message;
    }
}

TEST(Errors, AFailureInASliceIsNamed) {
    for (const char* kernel : {"toy.fail", "toy.refuse"}) {
        PlanBuilder b;
        Dim n = Dim::symbol("N");
        int32_t x = b.input("x", {n}, {1}, {8}), y = b.output("y", {n});
        b.step(kernel, {x}, {y});
        b.variant().slices = {1, 2, "N"};
        auto c = contextOf(b.finish());
        std::vector<float> in(8, 1), out(8);
        c->setInputShape(0, {8});
        c->setAddress(0, in.data());
        c->setAddress(1, out.data());
        for (int i = 0; i < 2; ++i) {
            Status s = c->enqueue();
            EXPECT_FALSE(s.ok());
            EXPECT_EQ(std::string(c->failedLayer()), std::string(kernel).substr(4) + " 0");
        }
    }
}

// Only a damaged file has steps for more than the slice that it says.
TEST(Errors, AStepThatReachesBeyondItsSliceIsRefused) {
    PlanBuilder b;
    int32_t x = b.input("x", {8}, {8}, {8}), y = b.output("y", {8});
    b.step("toy.double", {x}, {y});
    b.variant().slices = {2, 2, ""};
    auto c = contextOf(b.finish());
    std::vector<float> in(8, 1), out(8);
    c->setAddress(0, in.data());
    c->setAddress(1, out.data());
    Status s = c->enqueue();
    ASSERT_FALSE(s.ok());
    EXPECT_NE(std::string(s.message).find("does not fit"), std::string::npos) << s.message;
}

TEST(Errors, AValueOutOfItsBoundIsRefused) {
    PlanBuilder b;
    Dim n = Dim::symbol("N"), k = Dim::symbol("$0.0");
    b.symbol("$0.0", 0, 2);
    int32_t x = b.input("x", {n}, {1}, {8}), y = b.output("y", {k});
    int32_t t = b.deferred("t", {k});
    b.step("toy.positive", {x}, {t}).defines = {{"$0.0", t, 0}};
    b.step("toy.add", {t}, {y}).constants = {b.packed({1})};
    auto c = contextOf(b.finish());
    std::vector<float> in(8, 1), out(8);
    c->setInputShape(0, {8});
    c->setAddress(0, in.data());
    c->setAddress(1, out.data());
    EXPECT_STREQ(c->enqueue().message,
                 "it makes an extent or value 8, the engine was built for 0 to 2");
    EXPECT_STREQ(c->failedLayer(), "positive 0");
}

TEST(Errors, EnginesForOthersAreRefused) {
    plan::Plan p = *chainPlan();
    p.backend = "quantum";
    EXPECT_NE(errorOf([&] {
                  Engine::load(std::make_shared<plan::Plan>(p), Log());
              }).find("backend \"quantum\", which is not available"),
              std::string::npos);
    p = *chainPlan();
    p.fingerprint = {{"isa", "toy9"}};
    EXPECT_EQ(errorOf([&] { Engine::load(std::make_shared<plan::Plan>(p), Log()); }),
              "the engine was built for toy (isa=toy9) and cannot run on toy processor (isa=toy1): "
              "instruction set toy9 is missing");
    p = *chainPlan();
    p.variants[0].root.steps[1].kernel = "quantum.softmax";
    std::string text = errorOf([&] { Engine::load(std::make_shared<plan::Plan>(p), Log()); });
    EXPECT_EQ(text.rfind("layer \"double 1\": kernel quantum.softmax needs backend \"quantum\"", 0),
              0u)
        << text;
    p = *chainPlan();
    p.variants[0].root.steps[0].inputs = {77};
    EXPECT_NE(errorOf([&] { Engine::load(std::make_shared<plan::Plan>(p), Log()); }), "no error");
}

TEST(Errors, EngineOfAnotherLibraryIsOneWarning) {
    struct Lines final : ILogger {
        void log(Severity severity, const char* text) noexcept override {
            if (severity == Severity::kWARNING) warnings += std::string(text) + "\n";
        }
        std::string warnings;
    } lines;
    plan::Plan p = *chainPlan();
    p.fingerprint.emplace_back("library", "1");
    Engine::load(std::make_shared<plan::Plan>(p), Log(&lines));
    EXPECT_EQ(lines.warnings, "");
    p.fingerprint.back().second = "2";
    Engine::load(std::make_shared<plan::Plan>(p), Log(&lines));
    EXPECT_EQ(lines.warnings, "built with library 2\n");
}

TEST(Memory, OfTheUser) {
    auto c = contextOf(chainPlan(), MemoryStrategy::user);
    std::vector<float> x{1, 2}, y(2);
    c->setInputShape(0, {2});
    c->setAddress(0, x.data());
    c->setAddress(1, y.data());
    EXPECT_EQ(c->memoryForShapes(), 64);
    EXPECT_STREQ(c->enqueue().message,
                 "the execution context needs 64 bytes of scratch, setDeviceMemory gave 0");
    alignas(64) uint8_t scratch[64];
    c->setUserMemory(scratch, 32);
    EXPECT_FALSE(c->enqueue().ok());
    c->setUserMemory(scratch, 64);
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(y[1], 24);
}

namespace {

class CountingAllocator final : public IGpuAllocator {
public:
    int live = 0, total = 0;
    bool empty = false;
    void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags) noexcept override {
        if (empty) return nullptr;
        ++live, ++total;
        return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    }
    bool deallocate(void* p) noexcept override {
        --live;
        std::free(p);
        return true;
    }
};

class Times final : public IProfiler {
public:
    std::vector<std::string> names;
    void reportLayerTime(const char* name, float ms) noexcept override {
        names.push_back(name);
        EXPECT_GE(ms, 0);
    }
};

class Watch final : public StepListener {
public:
    std::vector<float> seen;
    Status afterStep(const plan::Step&, const std::vector<OperandView>& in,
                     const std::vector<OperandView>& out) noexcept override {
        EXPECT_EQ(in[0].dims[0], 2);
        seen.push_back(static_cast<const float*>(out[0].data)[0]);
        return Status::success();
    }
};

}  // namespace

TEST(Memory, ComesFromTheUsersAllocator) {
    CountingAllocator allocator;
    {
        ExecutionContext c(Engine::load(positivePlan(false), Log(), &allocator));
        std::vector<float> x{1, -2, 3}, y(4);
        c.setInputShape(0, {3});
        c.setAddress(0, x.data());
        c.setAddress(1, y.data());
        ASSERT_TRUE(c.enqueue().ok());
        ASSERT_TRUE(c.enqueue().ok());
        EXPECT_EQ(allocator.total, 1) << "memory of unknown size is kept";
        allocator.empty = true;
        x[1] = 2;
        Status s = c.enqueue();
        EXPECT_EQ(s.code, ErrorCode::kFAILED_ALLOCATION);
        EXPECT_STREQ(c.failedLayer(), "positive 0");
    }
    EXPECT_EQ(allocator.live, 0);
    EXPECT_EQ(errorOf([&] { ExecutionContext c(Engine::load(chainPlan(), Log(), &allocator)); }),
              "no memory for the 64 B of scratch that an execution context needs");
}

TEST(Watching, ProfilerAndListenerSeeEveryStep) {
    auto c = contextOf(chainPlan());
    Times times;
    Watch watch;
    std::vector<float> x{1, 2}, y(2);
    c->setInputShape(0, {2});
    c->setAddress(0, x.data());
    c->setAddress(1, y.data());
    EXPECT_FALSE(c->reportToProfiler());
    c->setProfiler(&times);
    c->setListener(&watch);
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(times.names, (std::vector<std::string>{"add 0", "double 1"}));
    EXPECT_EQ(watch.seen, (std::vector<float>{11, 22}));
    c->setEnqueueEmitsProfile(false);
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(times.names.size(), 2u);
    EXPECT_TRUE(c->reportToProfiler());
    EXPECT_EQ(times.names.size(), 4u);
}
