// SPDX-License-Identifier: Apache-2.0
// The implicit batch of TensorRT 8: shapes and axes of the handles do not count it.
#include <numeric>

#include "unit/api/support.h"

namespace bireme::test {
namespace {

using L = std::vector<int64_t>;

class ImplicitBatch : public ::testing::Test {
protected:
    ImplicitBatch() : builder(createInferBuilder(logger)) {
        builder->setMaxBatchSize(4);
        net.reset(builder->createNetworkV2(0));
    }
    static L dimsOf(ITensor* t) { return list(t->getDimensions()); }
    static L dimsOf(ILayer* l) { return dimsOf(l->getOutput(0)); }
    // The network's only output on `batch` images of `each` numbers: `results` per image.
    std::vector<float> run(ITensor* y, int32_t batch, std::vector<float> x, size_t results) {
        y->setName("y");
        net->markOutput(*y);
        std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
        config->setDefaultDeviceType(DeviceType::kCPU);
        std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*net, *config));
        if (!engine) return {};
        EXPECT_EQ(engine->getNbBindings(), 2);
        EXPECT_EQ(engine->getBindingIndex("y"), 1);
        EXPECT_EQ(engine->getBindingIndex("z"), -1);
        EXPECT_EQ(engine->getMaxBatchSize(), 4);
        EXPECT_EQ(list(engine->getBindingDimensions(1)), dimsOf(y));
        std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
        std::vector<float> out(static_cast<size_t>(batch) * results);
        void* bindings[] = {x.data(), out.data()};
        return context->execute(batch, bindings) ? out : std::vector<float>{};
    }

    MemoryLogger logger;
    std::unique_ptr<IBuilder> builder;
    std::unique_ptr<INetworkDefinition> net;
};

TEST_F(ImplicitBatch, ShapesAndAxesDoNotCountIt) {
    ITensor& x = *net->addInput("x", DataType::kFLOAT, Dims3(3, 4, 5));
    EXPECT_TRUE(net->hasImplicitBatchDimension());
    EXPECT_EQ(dimsOf(&x), (L{3, 4, 5}));
    EXPECT_EQ(net->addSoftMax(x)->getAxes(), 1U);
    auto* reduce = net->addReduce(x, ReduceOperation::kSUM, 1U << 1, false);
    EXPECT_EQ(dimsOf(reduce), (L{3, 5}));
    EXPECT_EQ(reduce->getReduceAxes(), 2U);
    ITensor* both[] = {&x, &x};
    auto* concat = net->addConcatenation(both, 2);
    EXPECT_EQ(concat->getAxis(), 0);
    EXPECT_EQ(dimsOf(concat), (L{6, 4, 5}));
    concat->setAxis(2);
    EXPECT_EQ(dimsOf(concat), (L{3, 4, 10}));
    auto* top = net->addTopK(x, TopKOperation::kMAX, 2, 1U << 2);
    EXPECT_EQ(dimsOf(top), (L{3, 4, 2}));
    EXPECT_EQ(top->getReduceAxes(), 4U);
    auto* shuffle = net->addShuffle(x);
    shuffle->setFirstTranspose(Permutation{{2, 0, 1}});
    shuffle->setReshapeDimensions(Dims2(0, -1));
    EXPECT_EQ(dimsOf(shuffle), (L{5, 12}));
    EXPECT_EQ(list(shuffle->getReshapeDimensions()), (L{0, -1}));
    EXPECT_EQ(shuffle->getFirstTranspose().order[0], 2);
    auto* slice = net->addSlice(x, Dims3(1, 0, 2), Dims3(2, 4, 3), Dims3(1, 1, 1));
    EXPECT_EQ(dimsOf(slice), (L{2, 4, 3}));
    auto* resize = net->addResize(x);
    const float scales[] = {1, 2, 2};
    resize->setScales(scales, 3);
    EXPECT_EQ(dimsOf(resize), (L{3, 8, 10}));
    EXPECT_EQ(resize->getScales(0, nullptr), 3);
    EXPECT_EQ(logger.lastError, "");
    net->showBatch(true);
    EXPECT_EQ(dimsOf(&x), (L{-1, 3, 4, 5}));
    EXPECT_EQ(dimsOf(slice), (L{-1, 2, 4, 3}));
}

TEST_F(ImplicitBatch, LayersAreComputedImageByImage) {
    ITensor& x = *net->addInput("x", DataType::kFLOAT, Dims3(2, 1, 2));
    const std::vector<float> shift{10, 20, 30, 40};
    auto* constant =
        net->addConstant(Dims3(2, 1, 2), {DataType::kFLOAT, shift.data(), 4})->getOutput(0);
    auto* sum = net->addElementWise(x, *constant, ElementWiseOperation::kSUM)->getOutput(0);
    auto* y = net->addReduce(*sum, ReduceOperation::kSUM, 1U, false)->getOutput(0);
    EXPECT_EQ(run(y, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2),
              (std::vector<float>{44, 66, 52, 74, 60, 82}));
}

TEST_F(ImplicitBatch, IsAsked) {
    builder->reset();
    std::unique_ptr<INetworkDefinition> plain(builder->createNetworkV2(0));
    EXPECT_FALSE(plain->hasImplicitBatchDimension());
    builder->setMaxBatchSize(2);  // still without an input
    EXPECT_TRUE(plain->hasImplicitBatchDimension());
    net.reset(builder->createNetworkV2(1));
    EXPECT_FALSE(net->hasImplicitBatchDimension());
    builder->reset();
    net.reset(builder->createNetwork());
    EXPECT_TRUE(net->hasImplicitBatchDimension());
}

TEST_F(ImplicitBatch, RefusesWhatNeedsAnExplicitOne) {
    ITensor& x = *net->addInput("x", DataType::kFLOAT, Dims3(2, 4, 5));
    EXPECT_EQ(net->addShape(x), nullptr);
    EXPECT_NE(logger.lastError.find("kEXPLICIT_BATCH"), std::string::npos);
    auto* same = net->addIdentity(x)->getOutput(0);
    EXPECT_EQ(run(same, 5, std::vector<float>(200), 40), std::vector<float>{});
    EXPECT_EQ(logger.lastError, "the batch is 5; the engine takes 1 to 4");
}

}  // namespace
}  // namespace bireme::test
