// SPDX-License-Identifier: Apache-2.0
// Plugins for layers of a Caffe network, by a factory and by the registry.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string_view>

#include "bireme/parsers/caffe.h"
#include "unit/api/support.h"
#include "unit/plugin/plugins.h"

namespace bireme::test {
namespace {

constexpr std::string_view kDeploy = R"(
input: "data" input_dim: 2 input_dim: 1 input_dim: 1 input_dim: 3
layer { name: "total" type: "ImageSum" bottom: "data" top: "total" }
layer { name: "twice" type: "Power" bottom: "total" top: "twice" power_param { scale: 2 } }
)";

// Keeps the one plugin that it makes.
class Factory : public nvcaffeparser1::IPluginFactoryV2 {
public:
    bool isPluginV2(char const* layer) noexcept override {
        return std::strcmp(layer, "total") == 0;
    }
    IPluginV2* createPlugin(char const*, Weights const*, int32_t nbWeights,
                            char const* space) noexcept override {
        ++made;
        weights = nbWeights;
        nameSpace = space;
        return &plugin;
    }
    ImageSum plugin;
    int made = 0, weights = -1;
    std::string nameSpace;
};

class CaffePlugin : public ::testing::Test {
protected:
    CaffePlugin() : builder(createInferBuilder(logger)), runtime(createInferRuntime(logger)) {
        net.reset(builder->createNetworkV2(0));
        config.reset(builder->createBuilderConfig());
        config->setDefaultDeviceType(DeviceType::kCPU);
        runtime->getPluginRegistry().registerCreator(creator, "");
    }
    void expectSums(nvcaffeparser1::ICaffeParser& parser) {
        auto const* blobs =
            parser.parseBuffers(kDeploy.data(), kDeploy.size(), static_cast<char const*>(nullptr),
                                0, *net, DataType::kFLOAT);
        ASSERT_NE(blobs, nullptr) << logger.lastError;
        net->markOutput(*blobs->find("twice"));
        std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*net, *config));
        ASSERT_NE(plan, nullptr) << logger.lastError;
        std::unique_ptr<ICudaEngine> engine(
            runtime->deserializeCudaEngine(plan->data(), plan->size()));
        ASSERT_NE(engine, nullptr) << logger.lastError;
        std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
        float x[] = {1, 2, 3, 4, 5, 6}, y[2] = {};
        context->setTensorAddress("data", x);
        context->setTensorAddress("twice", y);
        ASSERT_TRUE(context->enqueueV3(nullptr)) << logger.lastError;
        EXPECT_EQ(y[0], 12);
        EXPECT_EQ(y[1], 30);
    }

    MemoryLogger logger;
    ImageSumCreator creator;
    std::unique_ptr<IBuilder> builder;
    std::unique_ptr<IRuntime> runtime;
    std::unique_ptr<INetworkDefinition> net;
    std::unique_ptr<IBuilderConfig> config;
};

TEST_F(CaffePlugin, FromAFactory) {
    Factory factory;
    std::unique_ptr<nvcaffeparser1::ICaffeParser> parser(nvcaffeparser1::createCaffeParser());
    parser->setPluginFactoryV2(&factory);
    parser->setPluginNamespace("mine");
    expectSums(*parser);
    EXPECT_EQ(factory.made, 1);
    EXPECT_EQ(factory.weights, 0);
    EXPECT_EQ(factory.nameSpace, "mine");
}

TEST_F(CaffePlugin, FromTheRegistry) {
    builder->getPluginRegistry().registerCreator(creator, "");
    std::unique_ptr<nvcaffeparser1::ICaffeParser> parser(nvcaffeparser1::createCaffeParser());
    expectSums(*parser);
}

TEST_F(CaffePlugin, OfNobody) {
    std::unique_ptr<nvcaffeparser1::ICaffeParser> parser(nvcaffeparser1::createCaffeParser());
    EXPECT_EQ(parser->parseBuffers(kDeploy.data(), kDeploy.size(),
                                   static_cast<char const*>(nullptr), 0, *net, DataType::kFLOAT),
              nullptr);
    EXPECT_NE(logger.lastError.find("\"ImageSum\", nor a plugin of that name"), std::string::npos)
        << logger.lastError;
}

}  // namespace
}  // namespace bireme::test
