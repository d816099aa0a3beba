// SPDX-License-Identifier: Apache-2.0
// Two optimization profiles in one engine, each tuned for its own range, used by two contexts.
#include "common.h"

#include <memory>

using namespace bireme;

int main() {
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2(-1, 64));
    std::vector<float> identity(64 * 64, 0.0f);
    for (size_t i = 0; i < 64; ++i) identity[i * 64 + i] = 1.0f;
    IConstantLayer* w =
        network->addConstant(Dims2(64, 64), {DataType::kFLOAT, identity.data(), 64 * 64});
    IMatrixMultiplyLayer* product = network->addMatrixMultiply(
        *x, MatrixOperation::kNONE, *w->getOutput(0), MatrixOperation::kNONE);
    product->getOutput(0)->setName("y");
    network->markOutput(*product->getOutput(0));

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    int64_t const ranges[2][3] = {
        {1, 1, 4}, {16, 64, 256}};  // min, opt, max rows: single requests, and batches
    for (auto const& r : ranges) {
        IOptimizationProfile* profile = builder->createOptimizationProfile();
        profile->setDimensions("x", OptProfileSelector::kMIN, Dims2(r[0], 64));
        profile->setDimensions("x", OptProfileSelector::kOPT, Dims2(r[1], 64));
        profile->setDimensions("x", OptProfileSelector::kMAX, Dims2(r[2], 64));
        config->addOptimizationProfile(profile);
    }
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*network, *config));
    sample::check(engine != nullptr, "building the engine");
    for (int32_t p = 0; p < engine->getNbOptimizationProfiles(); ++p) {
        std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
        sample::check(context->setOptimizationProfileAsync(p, nullptr), "choosing the profile");
        int64_t const rows = ranges[p][1];
        context->setInputShape("x", Dims2(rows, 64));
        std::vector<float> in(static_cast<size_t>(rows) * 64), out(in.size());
        for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i % 100);
        context->setTensorAddress("x", in.data());
        context->setTensorAddress("y", out.data());
        sample::check(context->enqueueV3(nullptr), "running");
        sample::check(in == out, "x times the identity");
        std::printf("profile %d: %ld rows\n", p, long(rows));
    }
}
