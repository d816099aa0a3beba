// SPDX-License-Identifier: Apache-2.0
// An ONNX model becomes an engine and runs once.   from_onnx MODEL.onnx (float input of shape N x 3
// x H x W)
#include "common.h"

#include <bireme/parsers/onnx.h>

#include <memory>

using namespace bireme;

int main(int argc, char** argv) {
    if (argc < 2 || !*argv[1]) return std::puts("from_onnx MODEL.onnx"), 0;
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
    sample::check(parser->parseFromFile(argv[1], static_cast<int>(ILogger::Severity::kWARNING)),
                  "parsing the model");

    ITensor* input = network->getInput(0);
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    Dims4 const shape(1, 3, 48, 192);
    for (auto which :
         {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
        sample::check(profile->setDimensions(input->getName(), which, shape), "the profile");
    config->addOptimizationProfile(profile);
    std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    sample::check(plan != nullptr, "building the engine");

    std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    sample::check(engine != nullptr, "loading the engine");
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
    char const* in = engine->getIOTensorName(0);
    char const* out = engine->getIOTensorName(1);
    context->setInputShape(in, shape);
    std::vector<float> x(sample::volume(shape), 0.5f),
        y(sample::volume(context->getTensorShape(out)));
    context->setTensorAddress(in, x.data());
    context->setTensorAddress(out, y.data());
    sample::check(context->enqueueV3(nullptr), "running");
    for (size_t i = 0; i < y.size() && i < 8; ++i) std::printf("%g ", y[i]);
    std::puts("");
}
