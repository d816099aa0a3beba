// SPDX-License-Identifier: Apache-2.0
// Plugins from a network to results, through the public API alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "unit/api/support.h"
#include "unit/plugin/plugins.h"

namespace bireme::test {
namespace {

using S = OptProfileSelector;

class PluginTest : public ::testing::Test {
protected:
    PluginTest() : builder(createInferBuilder(logger)), runtime(createInferRuntime(logger)) {
        net.reset(builder->createNetworkV2(0));
        config.reset(builder->createBuilderConfig());
        config->setDefaultDeviceType(DeviceType::kCPU);
        config->setNbThreads(1);
    }
    void profile(const char* input, Dims min, Dims max) {
        auto* p = builder->createOptimizationProfile();
        p->setDimensions(input, S::kMIN, min);
        p->setDimensions(input, S::kOPT, max);
        p->setDimensions(input, S::kMAX, max);
        config->addOptimizationProfile(p);
    }
    void output(ILayer& layer, int32_t index, const char* name) {
        layer.getOutput(index)->setName(name);
        net->markOutput(*layer.getOutput(index));
    }
    void build() { plan.reset(builder->buildSerializedNetwork(*net, *config)); }
    void load() {
        ASSERT_NE(plan, nullptr) << logger.lastError;
        engine.reset(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    }
    std::unique_ptr<IExecutionContext> context() {
        return std::unique_ptr<IExecutionContext>(engine->createExecutionContext());
    }
    std::vector<float> run(IExecutionContext& c, std::vector<float> x, Dims dims, size_t count) {
        std::vector<float> y(count, -99);
        EXPECT_TRUE(c.setInputShape("x", dims)) << logger.lastError;
        c.setTensorAddress("x", x.data());
        c.setTensorAddress("y", y.data());
        EXPECT_TRUE(c.enqueueV3(nullptr)) << logger.lastError;
        return y;
    }
    // x [-1, 2] -> ScaleCount(3) -> y, with a profile of 1 to 4 rows.
    void scaleNetwork() {
        ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(-1, 2));
        ScaleCount plugin(3);
        IPluginV3Layer* layer = net->addPluginV3(&x, 1, nullptr, 0, plugin);
        ASSERT_NE(layer, nullptr) << logger.lastError;
        EXPECT_EQ(layer->getType(), LayerType::kPLUGIN_V3);
        EXPECT_NE(&layer->getPlugin(), &plugin);
        output(*layer, 0, "y");
        profile("x", Dims2(1, 2), Dims2(4, 2));
    }

    MemoryLogger logger;
    std::unique_ptr<IBuilder> builder;
    std::unique_ptr<IRuntime> runtime;
    std::unique_ptr<INetworkDefinition> net;
    std::unique_ptr<IBuilderConfig> config;
    std::unique_ptr<IHostMemory> plan;
    std::unique_ptr<ICudaEngine> engine;
};

using F = std::vector<float>;

TEST_F(PluginTest, EveryContextHasItsOwnState) {
    ScaleCountCreator creator;
    ASSERT_TRUE(runtime->getPluginRegistry().registerCreator(creator, ""));
    scaleNetwork();
    build();
    load();
    ASSERT_NE(engine, nullptr) << logger.lastError;
    ASSERT_EQ(creator.phases.size(), 1U);
    EXPECT_EQ(creator.phases[0], TensorRTPhase::kRUNTIME);
    auto a = context(), b = context();
    EXPECT_EQ(run(*a, {1, 2}, Dims2(1, 2), 2), (F{3, 6}));
    EXPECT_EQ(run(*a, {1, 2}, Dims2(1, 2), 2), (F{4, 7}));
    EXPECT_EQ(run(*a, {1, 2, 3, 4}, Dims2(2, 2), 4), (F{5, 8, 11, 14}));
    EXPECT_EQ(run(*a, {1, 2}, Dims2(1, 2), 2), (F{6, 9}));  // back to shapes bound before
    EXPECT_EQ(run(*b, {1, 2}, Dims2(1, 2), 2), (F{3, 6}));
    a.reset(), b.reset(), engine.reset(), net.reset();
    EXPECT_EQ(ScaleCount::alive, 0);
}

TEST_F(PluginTest, AMissingCreatorIsNamedAtLoad) {
    scaleNetwork();
    build();
    PositiveCreator other;
    runtime->getPluginRegistry().registerCreator(other, "");
    load();
    EXPECT_EQ(engine, nullptr);
    for (const char* part : {"plugin \"ScaleCount\" version \"1\"", "\"Positive\" 1", "--plugins"})
        EXPECT_NE(logger.lastError.find(part), std::string::npos) << logger.lastError;
}

TEST_F(PluginTest, ATypeThatThePluginDoesNotTakeIsRefused) {
    ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(1, 2));
    ScaleCount plugin(3, DataType::kHALF);
    output(*net->addPluginV3(&x, 1, nullptr, 0, plugin), 0, "y");
    build();
    EXPECT_EQ(plan, nullptr);
    EXPECT_NE(logger.lastError.find(
                  "plugin \"ScaleCount\" version \"1\" supports no format for the types (f32) -> "
                  "(f32)"),
              std::string::npos)
        << logger.lastError;
}

TEST_F(PluginTest, AFailingEnqueueIsNamed) {
    ScaleCountCreator creator;
    runtime->getPluginRegistry().registerCreator(creator, "");
    ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(1, 2));
    ScaleCount plugin(13);
    IPluginV3Layer* layer = net->addPluginV3(&x, 1, nullptr, 0, plugin);
    layer->setName("unlucky");
    output(*layer, 0, "y");
    build();
    load();
    auto c = context();
    F in{1, 2}, out(2);
    c->setTensorAddress("x", in.data());
    c->setTensorAddress("y", out.data());
    EXPECT_FALSE(c->enqueueV3(nullptr));
    EXPECT_NE(logger.lastError.find("layer \"unlucky\": plugin \"ScaleCount\" version \"1\": "
                                    "enqueue failed with 42"),
              std::string::npos)
        << logger.lastError;
}

TEST_F(PluginTest, DynamicExt) {
    RepeatRowsCreator creator;
    ASSERT_TRUE(runtime->getPluginRegistry().registerCreator(creator, "mine"));
    EXPECT_STREQ(creator.getPluginNamespace(), "mine");
    ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(-1, -1));
    auto plugin = std::make_unique<RepeatRows>(2);
    plugin->setPluginNamespace("mine");
    IPluginV2Layer* layer = net->addPluginV2(&x, 1, *plugin);
    ASSERT_NE(layer, nullptr) << logger.lastError;
    EXPECT_FALSE(layer->setLeadingBatch(true));
    plugin.reset();
    ITensor* doubled = layer->getOutput(0);
    output(*net->addElementWise(*doubled, *doubled, ElementWiseOperation::kSUM), 0, "y");
    profile("x", Dims2(1, 1), Dims2(3, 2));
    build();
    load();
    ASSERT_NE(engine, nullptr) << logger.lastError;
    EXPECT_EQ(RepeatRows::started, 1);
    auto c = context();
    EXPECT_EQ(run(*c, {1, 2, 3, 4}, Dims2(2, 2), 8), (F{2, 4, 2, 4, 6, 8, 6, 8}));
    EXPECT_EQ(run(*c, {5, 6, 7}, Dims2(3, 1), 6), (F{10, 10, 12, 12, 14, 14}));
    c.reset(), engine.reset(), net.reset();
    EXPECT_EQ(RepeatRows::alive, 0);
    EXPECT_EQ(RepeatRows::started, 0);
}

TEST_F(PluginTest, ABatchThatThePluginDoesNotSee) {
    ImageSumCreator creator;
    runtime->getPluginRegistry().registerCreator(creator, "");
    ITensor* x = net->addInput("x", DataType::kFLOAT, Dims4(-1, 2, 1, 2));
    ImageSum plugin;
    IPluginV2Layer* layer = net->addPluginV2(&x, 1, plugin);
    EXPECT_EQ(layer->getOutput(0)->getDimensions().nbDims, -1);  // not without fixed extents
    EXPECT_TRUE(layer->setLeadingBatch(true));
    EXPECT_TRUE(layer->getLeadingBatch());
    EXPECT_EQ(list(layer->getOutput(0)->getDimensions()), (std::vector<int64_t>{-1, 1}));
    output(*layer, 0, "y");
    profile("x", Dims4(1, 2, 1, 2), Dims4(3, 2, 1, 2));
    build();
    load();
    ASSERT_NE(engine, nullptr) << logger.lastError;
    auto c = context();
    EXPECT_EQ(run(*c, {1, 2, 3, 4, 5, 6, 7, 8}, Dims4(2, 2, 1, 2), 2), (F{10, 26}));
}

TEST_F(PluginTest, AnExtentThatThePluginTells) {
    PositiveCreator creator;
    runtime->getPluginRegistry().registerCreator(creator, "");
    ITensor* x = net->addInput("x", DataType::kFLOAT, Dims{1, {-1}});
    Positive plugin;
    IPluginV3Layer* layer = net->addPluginV3(&x, 1, nullptr, 0, plugin);
    ASSERT_NE(layer, nullptr) << logger.lastError;
    ITensor* positive = layer->getOutput(0);
    output(*net->addUnary(*positive, UnaryOperation::kNEG), 0, "y");
    profile("x", Dims{1, {1}}, Dims{1, {6}});
    build();
    load();
    ASSERT_NE(engine, nullptr) << logger.lastError;
    auto c = context();
    EXPECT_EQ(run(*c, {1, -2, 3, -4, 5}, Dims{1, {5}}, 4), (F{-1, -3, -5, -99}));
    EXPECT_EQ(list(c->getTensorShape("y")), (std::vector<int64_t>{3}));
    EXPECT_EQ(run(*c, {-1, -2}, Dims{1, {2}}, 1), (F{-99}));
    EXPECT_EQ(list(c->getTensorShape("y")), (std::vector<int64_t>{0}));
}

}  // namespace
}  // namespace bireme::test
