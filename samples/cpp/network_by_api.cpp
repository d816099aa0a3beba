// SPDX-License-Identifier: Apache-2.0
// A small convolutional network, layer by layer: convolution, ReLU, global average, fully
// connected, softmax.
#include "common.h"

#include <memory>

using namespace bireme;

int main() {
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));

    // Weights are borrowed: they must live until the engine is built.
    std::vector<float> kernel(8 * 3 * 3 * 3, 0.1f), bias(8, -0.5f), matrix(8 * 4);
    for (size_t i = 0; i < matrix.size(); ++i) matrix[i] = 0.05f * static_cast<float>(i % 7);
    Weights const kernelWeights{DataType::kFLOAT, kernel.data(),
                                static_cast<int64_t>(kernel.size())};
    Weights const biasWeights{DataType::kFLOAT, bias.data(), static_cast<int64_t>(bias.size())};
    Weights const matrixWeights{DataType::kFLOAT, matrix.data(),
                                static_cast<int64_t>(matrix.size())};

    ITensor* x = network->addInput("image", DataType::kFLOAT, Dims4(1, 3, 32, 32));
    IConvolutionLayer* convolution =
        network->addConvolutionNd(*x, 8, DimsHW(3, 3), kernelWeights, biasWeights);
    convolution->setPaddingNd(DimsHW(1, 1));
    IActivationLayer* relu =
        network->addActivation(*convolution->getOutput(0), ActivationType::kRELU);
    IReduceLayer* mean =
        network->addReduce(*relu->getOutput(0), ReduceOperation::kAVG, 1U << 2 | 1U << 3, false);
    IConstantLayer* weights = network->addConstant(Dims2(8, 4), matrixWeights);
    IMatrixMultiplyLayer* product =
        network->addMatrixMultiply(*mean->getOutput(0), MatrixOperation::kNONE,
                                   *weights->getOutput(0), MatrixOperation::kNONE);
    ISoftMaxLayer* softmax = network->addSoftMax(*product->getOutput(0));
    softmax->setAxes(1U << 1);
    softmax->getOutput(0)->setName("probability");
    network->markOutput(*softmax->getOutput(0));

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*network, *config));
    sample::check(engine != nullptr, "building the engine");
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());

    std::vector<float> image(3 * 32 * 32, 1.0f);
    float probability[4] = {};
    context->setTensorAddress("image", image.data());
    context->setTensorAddress("probability", probability);
    sample::check(context->enqueueV3(nullptr), "running");
    float sum = 0;
    for (float p : probability) std::printf("%.4f ", p), sum += p;
    std::puts("");
    sample::check(sum > 0.999f && sum < 1.001f, "probabilities sum to 1");
}
