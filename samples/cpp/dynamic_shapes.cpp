// SPDX-License-Identifier: Apache-2.0
// One engine for a range of batch sizes and image sizes; a shape outside is refused with a message.
#include "common.h"

#include <memory>

using namespace bireme;

int main() {
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    ITensor* x =
        network->addInput("x", DataType::kFLOAT, Dims4(-1, 3, -1, -1));  // -1: known at run time
    IPoolingLayer* pool = network->addPoolingNd(*x, PoolingType::kAVERAGE, DimsHW(2, 2));
    pool->setStrideNd(DimsHW(2, 2));
    pool->getOutput(0)->setName("y");
    network->markOutput(*pool->getOutput(0));

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    profile->setDimensions("x", OptProfileSelector::kMIN, Dims4(1, 3, 32, 32));
    profile->setDimensions("x", OptProfileSelector::kOPT, Dims4(1, 3, 224, 224));
    profile->setDimensions("x", OptProfileSelector::kMAX, Dims4(8, 3, 640, 640));
    config->addOptimizationProfile(profile);
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*network, *config));
    sample::check(engine != nullptr, "building the engine");
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());

    for (Dims4 const& shape : {Dims4(1, 3, 224, 224), Dims4(3, 3, 64, 100), Dims4(8, 3, 32, 640)}) {
        sample::check(context->setInputShape("x", shape), "setting a shape inside the profile");
        Dims const out = context->getTensorShape("y");
        std::vector<float> in(sample::volume(shape), 2.0f), y(sample::volume(out));
        context->setTensorAddress("x", in.data());
        context->setTensorAddress("y", y.data());
        sample::check(context->enqueueV3(nullptr), "running");
        std::printf("%ldx%ldx%ldx%ld: y[0] = %g\n", long(out.d[0]), long(out.d[1]), long(out.d[2]),
                    long(out.d[3]), y[0]);
        sample::check(y[0] == 2.0f && y.back() == 2.0f, "the mean of equal numbers");
    }
    std::puts("now a shape outside the profile:");
    sample::check(!context->setInputShape("x", Dims4(9, 3, 32, 32)), "refusing a batch of 9");
}
