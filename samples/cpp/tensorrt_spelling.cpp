// SPDX-License-Identifier: Apache-2.0
// A program as TensorRT's users write it: NvInfer.h, nvinfer1::, their own logger in the library's
// namespace.
#include "NvInfer.h"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

namespace nvinfer1 {
class ICudaEngine;  // forward declarations of the library's classes are common in users' headers
}

class Logger : public nvinfer1::ILogger {
    void log(Severity severity, const char* msg) noexcept override {
        if (severity <= Severity::kWARNING) std::cout << msg << std::endl;
    }
} gLogger;

int main() {
    auto builder = std::unique_ptr<nvinfer1::IBuilder>(nvinfer1::createInferBuilder(gLogger));
    const auto explicitBatch =
        1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
    auto network =
        std::unique_ptr<nvinfer1::INetworkDefinition>(builder->createNetworkV2(explicitBatch));
    auto config = std::unique_ptr<nvinfer1::IBuilderConfig>(builder->createBuilderConfig());
    config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, 1U << 28);

    nvinfer1::ITensor* data =
        network->addInput("data", nvinfer1::DataType::kFLOAT, nvinfer1::Dims4{1, 2, 4, 4});
    auto* sigmoid = network->addActivation(*data, nvinfer1::ActivationType::kSIGMOID);
    auto* twice = network->addElementWise(*sigmoid->getOutput(0), *sigmoid->getOutput(0),
                                          nvinfer1::ElementWiseOperation::kSUM);
    twice->getOutput(0)->setName("prob");
    network->markOutput(*twice->getOutput(0));

    auto plan =
        std::unique_ptr<nvinfer1::IHostMemory>(builder->buildSerializedNetwork(*network, *config));
    if (!plan) return 1;
    auto runtime = std::unique_ptr<nvinfer1::IRuntime>(nvinfer1::createInferRuntime(gLogger));
    auto engine = std::unique_ptr<nvinfer1::ICudaEngine>(
        runtime->deserializeCudaEngine(plan->data(), plan->size()));
    if (!engine) return 1;
    auto context = std::unique_ptr<nvinfer1::IExecutionContext>(engine->createExecutionContext());
    if (!context) return 1;

    std::vector<float> input(32, 1.0f), output(32);
    void* buffers[2] = {input.data(), output.data()};
    for (int32_t i = 0; i < engine->getNbIOTensors(); i++)
        if (!context->setTensorAddress(engine->getIOTensorName(i), buffers[i])) return 1;
    if (!context->enqueueV3(nullptr)) return 1;
    std::printf("%f\n", output[0]);
    return std::fabs(output[0] - 2.0f / (1.0f + std::exp(-1.0f))) < 1e-5f ? 0 : 1;
}
