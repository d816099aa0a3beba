// SPDX-License-Identifier: Apache-2.0
// An engine is written to a file, loaded again (mapped, checksums verified) and gives the same
// result.
#include "common.h"

#include <fstream>
#include <memory>

using namespace bireme;

static std::vector<float> run(ICudaEngine& engine) {
    std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
    std::vector<float> x(6), y(6);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 2.5f;
    context->setTensorAddress("x", x.data());
    context->setTensorAddress("y", y.data());
    sample::check(context->enqueueV3(nullptr), "running");
    return y;
}

int main() {
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2(2, 3));
    IActivationLayer* gelu = network->addActivation(*x, ActivationType::kGELU_ERF);
    gelu->getOutput(0)->setName("y");
    network->markOutput(*gelu->getOutput(0));
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    sample::check(plan != nullptr, "building the engine");

    char const* path = "sample.engine";
    std::ofstream(path, std::ios::binary)
        .write(static_cast<char const*>(plan->data()), static_cast<std::streamsize>(plan->size()));
    std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    std::unique_ptr<ICudaEngine> fromMemory(
        runtime->deserializeCudaEngine(plan->data(), plan->size()));
    std::unique_ptr<ICudaEngine> fromFile(runtime->deserializeCudaEngineFromFile(path));
    sample::check(fromMemory && fromFile, "loading the engine");
    sample::check(run(*fromMemory) == run(*fromFile), "equal results");
    std::printf("%zu bytes, equal results\n", plan->size());
    std::remove(path);
}
