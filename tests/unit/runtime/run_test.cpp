// SPDX-License-Identifier: Apache-2.0
#include "allocation_count.h"
#include "plan/read.h"
#include "plan/write.h"
#include "plans.h"
#include "runtime/context.h"

#include <gtest/gtest.h>

#include <thread>

using namespace bireme;
using namespace bireme::runtime;
using namespace bireme::runtime::test;

namespace {

using Floats = std::vector<float>;

std::unique_ptr<ExecutionContext> contextOf(std::shared_ptr<const plan::Plan> plan) {
    return std::make_unique<ExecutionContext>(Engine::load(std::move(plan), Log()));
}

// Runs with input 0 of these floats; the output has room for 64.
Floats run(ExecutionContext& c, Floats x, size_t results, bool* flag = nullptr) {
    int32_t out = c.engine().findIo("y"), in = c.engine().findIo("x");
    Floats y(64, -1);
    c.setInputShape(in, {static_cast<int64_t>(x.size())});
    c.setAddress(in, x.data());
    c.setAddress(out, y.data());
    if (flag) c.setAddress(c.engine().findIo("flag"), flag);
    Status s = c.enqueue();
    EXPECT_TRUE(s.ok()) << c.failedLayer() << ": " << s.message;
    y.resize(results);
    return y;
}

class GrowingOutput final : public OutputAllocator {
public:
    Floats memory;
    std::vector<int64_t> dims;
    int calls = 0;
    void* reallocate(int32_t, void*, uint64_t size, uint64_t, void*) noexcept override {
        ++calls;
        memory.resize(size / 4 + 1);
        return memory.data();
    }
    void notifyShape(int32_t, const int64_t* d, int32_t rank) noexcept override {
        dims.assign(d, d + rank);
    }
};

}  // namespace

TEST(Run, AChainAtSeveralShapes) {
    auto c = contextOf(chainPlan());
    EXPECT_EQ(run(*c, {1, 2, 3}, 3), (Floats{22, 24, 26}));
    EXPECT_EQ(run(*c, {5}, 1), (Floats{30}));
    int before = bindings;
    EXPECT_EQ(run(*c, {1, 1, 1}, 3), (Floats{22, 22, 22}));
    EXPECT_EQ(bindings, before) << "shapes seen before are bound already";
    EXPECT_EQ(c->shape(1), (std::vector<int64_t>{3}));
    EXPECT_EQ(c->implementations(), (std::vector<std::pair<std::string, std::string>>{
                                        {"add 0", "toy:add"}, {"double 1", "toy:double"}}));
}

TEST(Run, TheCacheForgetsTheOldestShapes) {
    auto c = contextOf(chainPlan());
    c->setCacheEntries(2);
    for (size_t n : {1, 2, 3}) run(*c, Floats(n, 1), n);
    int before = bindings;
    run(*c, {1, 1, 1}, 3);
    run(*c, {1, 1}, 2);
    EXPECT_EQ(bindings, before);
    run(*c, {1}, 1);
    EXPECT_EQ(bindings, before + 2);
}

TEST(Run, ABlobMayBeFreedRightAfterLoading) {
    const Blob file = plan::write(*chainPlan());
    std::vector<uint8_t> bytes(file.data(), file.data() + file.size());
    auto plan = std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size()));
    std::fill(bytes.begin(), bytes.end(), uint8_t{0xee});
    bytes = {};
    auto c = contextOf(plan);
    EXPECT_EQ(run(*c, {1, 2, 3}, 3), (Floats{22, 24, 26}));
}

TEST(Run, AnIfRegionRunsEitherBranch) {
    for (bool saved : {false, true}) {
        auto plan = ifPlan();
        if (saved) {
            auto bytes = plan::write(*plan);
            plan = std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size()));
        }
        auto c = contextOf(plan);
        bool flag = true;
        EXPECT_EQ(run(*c, {1, 2}, 2, &flag), (Floats{4, 6}));
        flag = false;
        EXPECT_EQ(run(*c, {1, 2}, 2, &flag), (Floats{1, 2}));
        EXPECT_EQ(run(*c, {7, 8, 9}, 3, &flag), (Floats{7, 8, 9}));
        flag = true;
        EXPECT_EQ(run(*c, {1}, 1, &flag), (Floats{4}));
    }
}

TEST(Run, AnIfRegionSuppliesAnAllocatedOutput) {
    auto c = contextOf(ifPlan());
    for (bool flag : {true, false}) {
        GrowingOutput out;
        Floats x{1, 2};
        c->setInputShape(0, {2});
        c->setAddress(0, x.data());
        c->setAddress(1, &flag);
        c->setOutputAllocator(2, &out);
        ASSERT_TRUE(c->enqueue().ok());
        EXPECT_EQ(out.calls, 1);
        EXPECT_EQ(out.memory[1], flag ? 6 : 2);
        EXPECT_EQ(out.dims, (std::vector<int64_t>{2}));
    }
}

TEST(Run, SlicesInLanes) {
    auto c = contextOf(slicedPlan());
    const Floats x{1, 2, 3, 4, 5, 6, 7}, y{22, 24, 26, 28, 30, 32, 34};
    for (int i = 0; i < 3; ++i)
        for (size_t n : {7, 1, 6, 2, 4})  // more slices than lanes or fewer; one shorter, or none
            EXPECT_EQ(run(*c, Floats(x.begin(), x.begin() + static_cast<int64_t>(n)), n),
                      Floats(y.begin(), y.begin() + static_cast<int64_t>(n)));
    EXPECT_EQ(c->shape(1), (std::vector<int64_t>{4}));
    const int before = bindings;
    run(*c, {1, 2, 3, 4, 5, 6, 7}, 7);
    EXPECT_EQ(bindings, before) << "shapes seen before are bound already";
    EXPECT_EQ(c->engine().deviceMemory(), 3 * 4096);
    EXPECT_EQ(c->implementations().size(), 2u);
}

TEST(Run, SlicesIntoAnAllocatedOutput) {
    auto c = contextOf(slicedPlan());
    GrowingOutput out;
    Floats x{1, 2, 3, 4, 5};
    c->setInputShape(0, {5});
    c->setAddress(0, x.data());
    c->setOutputAllocator(1, &out);
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(out.calls, 1);
    EXPECT_EQ(out.dims, (std::vector<int64_t>{5}));
    EXPECT_EQ(out.memory[4], 30);
}

TEST(Run, ExtentsThatOnlyRunningTells) {
    for (bool bounded : {true, false}) {
        auto c = contextOf(positivePlan(bounded));
        EXPECT_EQ(run(*c, {-1, 4, -2, 6}, 2), (Floats{5, 7}));
        EXPECT_EQ(c->shape(1), (std::vector<int64_t>{2}));
        EXPECT_EQ(run(*c, {1, 2, 3, 4}, 4), (Floats{2, 3, 4, 5}));
        EXPECT_EQ(run(*c, {-1, -1, -1, -1}, 0), (Floats{}));
        EXPECT_EQ(c->shape(1), (std::vector<int64_t>{0}));
        int before = bindings;
        EXPECT_EQ(run(*c, {9, -9, 9, -9}, 2), (Floats{10, 10}));
        EXPECT_EQ(bindings, before) << "two extents of four were bound before";
        EXPECT_EQ(c->maxOutputBytes(1), bounded ? 32 : -1);
    }
}

TEST(Run, AnOutputAllocatorLearnsTheExtents) {
    auto c = contextOf(positivePlan(false));
    GrowingOutput out;
    Floats x{-1, 4, -2, 6};
    c->setInputShape(0, {4});
    c->setAddress(0, x.data());
    c->setOutputAllocator(1, &out);
    ASSERT_TRUE(c->enqueue().ok());
    EXPECT_EQ(out.dims, (std::vector<int64_t>{2}));
    EXPECT_EQ(out.calls, 1);
    EXPECT_EQ(out.memory[0], 5);
}

TEST(Run, StateOfAKernelBelongsToTheContext) {
    auto engine = Engine::load(countPlan(), Log());
    ExecutionContext a(engine), b(engine);
    EXPECT_EQ(run(a, {0}, 1), (Floats{0}));
    EXPECT_EQ(run(a, {0}, 1), (Floats{1}));
    EXPECT_EQ(run(a, {0, 0}, 2), (Floats{2, 2}));
    EXPECT_EQ(run(b, {0}, 1), (Floats{0}));
}

TEST(Run, TwoContextsInTwoThreads) {
    auto engine = Engine::load(countPlan(), Log());
    auto chain = Engine::load(chainPlan(), Log());
    auto work = [&] {
        ExecutionContext c(engine), d(chain);
        for (int i = 0; i < 200; ++i) {
            size_t n = 1 + static_cast<size_t>(i % 8);
            EXPECT_EQ(run(c, Floats(n, 1), n), Floats(n, static_cast<float>(1 + i)));
            EXPECT_EQ(run(d, Floats(n, 1), n), Floats(n, 22));
        }
    };
    std::thread other(work);
    work();
    other.join();
}

TEST(Run, NothingIsAllocatedWhenShapesStay) {
    bool flag = true;
    std::vector<std::shared_ptr<const plan::Plan>> plans{
        chainPlan(), ifPlan(), positivePlan(true), positivePlan(false), countPlan(), slicedPlan()};
    for (auto& plan : plans) {
        auto c = contextOf(plan);
        Floats x{1, -2, 3}, y(8);
        for (int i = 0; i < 2; ++i) run(*c, x, 0, &flag);
        c->setAddress(0, x.data());
        c->setAddress(c->engine().findIo("y"), y.data());
        Status s;
        int64_t calls;
        {
            AllocationCount counter;
            s = c->enqueue();
            calls = counter.count();
        }
        EXPECT_TRUE(s.ok());
        EXPECT_EQ(calls, 0);
        EXPECT_NE(y[0], 0);
    }
}

TEST(Run, ViewsShareTheirRoot) {
    PlanBuilder b;
    int32_t x = b.input("x", {4}, {4}, {4}), y = b.output("y", {2, 4});
    for (int64_t row : {0, 1}) {
        TensorDesc d = desc({1, 4});
        d.format.strides = {4, 1};
        d.format.offset = 4 * row;
        b.root().tensors.push_back({"row", d, plan::Storage::arena, 0, -1, y});
    }
    b.step("toy.double", {x}, {y + 1});
    b.step("toy.add", {x}, {y + 2}).constants = {b.packed({1})};
    auto c = contextOf(b.finish());
    EXPECT_EQ(run(*c, {1, 2, 3, 4}, 8), (Floats{2, 4, 6, 8, 2, 3, 4, 5}));
}

TEST(Run, ValuesAreReadBackAndDecideShapes) {
    PlanBuilder b;
    Dim n = Dim::symbol("N"), k = Dim::symbol("@1.0");
    b.symbol("@1.0", 0, 8);
    int32_t x = b.input("x", {n}, {1}, {8}), y = b.output("y", {k});
    int32_t size = b.scratch("size", {1}, DataType::kINT64);
    b.step("toy.size", {x}, {size});
    plan::Step read;
    read.kind = plan::StepKind::readback;
    read.name = "readback";
    read.inputs = {size};
    read.defines = {{"@1.0", size, 0}};
    b.root().steps.push_back(read);
    b.step("toy.double", {x}, {y});
    auto c = contextOf(b.finish());
    EXPECT_EQ(run(*c, {1, 2, 3}, 3), (Floats{2, 4, 6}));
    EXPECT_EQ(c->shape(1), (std::vector<int64_t>{3}));
}

TEST(Run, ShapesAsTensorsAreEvaluated) {
    PlanBuilder b;
    Dim n = Dim::symbol("N");
    int32_t x = b.input("x", {n}, {1}, {8}), y = b.output("y", {3}), z = b.output("z", {n});
    b.root().tensors.push_back(
        {"shape", desc({3}, DataType::kINT64), plan::Storage::extents, 0, -1, -1, {n, 2 * n, 7}});
    b.root().tensors.push_back(
        {"row", desc({1, 3}, DataType::kINT64), plan::Storage::extents, 0, -1, z + 1, {}});
    b.step("toy.ints", {z + 2}, {y});
    b.step("toy.double", {x}, {z});
    auto bytes = plan::write(*b.finish());
    auto c = contextOf(std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size())));
    Floats unused(8);
    c->setAddress(2, unused.data());
    EXPECT_EQ(run(*c, {1, 2, 3, 4}, 3), (Floats{4, 8, 7}));
    EXPECT_EQ(run(*c, {1}, 3), (Floats{1, 2, 7}));
    Floats in{1}, out(3);
    c->setAddress(0, in.data());
    c->setAddress(1, out.data());
    AllocationCount counter;
    Status s = c->enqueue();
    EXPECT_EQ(counter.count(), 0);
    EXPECT_TRUE(s.ok());
}

TEST(Run, ValuesOfShapeInputsDecideShapes) {
    PlanBuilder b;
    Dim k = Dim::symbol("K");
    int32_t x = b.input("x", {8}, {8}, {8});
    b.input("shape", {1}, {1}, {1}, DataType::kINT64);
    b.plan.io[1].shapeTensor = true;
    b.plan.io[1].profiles[0].minValues = b.plan.io[1].profiles[0].optValues = {1};
    b.plan.io[1].profiles[0].maxValues = {8};
    b.symbol("K", 1, 8);
    b.variant().inputSymbols.push_back({"K", 1, 0, true});
    int32_t y = b.output("y", {k});
    b.step("toy.double", {x}, {y});
    auto c = contextOf(b.finish());
    EXPECT_FALSE(c->inputValuesSet());
    EXPECT_EQ(c->inferShapes(), (std::vector<int32_t>{1}));
    int64_t value = 8;
    c->setAddress(1, &value);
    EXPECT_TRUE(c->inferShapes().empty());
    EXPECT_EQ(c->shape(2), (std::vector<int64_t>{8}));
    run(*c, Floats(8, 1), 8);
    value = 5;
    run(*c, Floats(8, 1), 8);
    EXPECT_EQ(c->shape(2), (std::vector<int64_t>{5}));
    value = 9;
    Status s = c->enqueue();
    EXPECT_STREQ(s.message, "input \"shape\": value 0 is 9, profile 0 allows 1 to 8");
}
