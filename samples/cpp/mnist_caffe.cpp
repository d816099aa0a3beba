// SPDX-License-Identifier: Apache-2.0
// A program as users of TensorRT 7 and 8 wrote it for Caffe networks: implicit batch, mean file,
// binding indices.
//   mnist_caffe DEPLOY.prototxt MODEL.caffemodel MEAN.binaryproto
#define BIREME_TRT8
#include "NvCaffeParser.h"
#include "NvInfer.h"

#include <cmath>
#include <cstdio>
#include <vector>

class Logger : public nvinfer1::ILogger {
    void log(Severity severity, const char* msg) noexcept override {
        if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", msg);
    }
} gLogger;

static const int kBatch = 3;

// The network with the mean subtracted in front of its first layer.
static nvinfer1::ICudaEngine* buildEngine(char** argv, nvinfer1::IHostMemory** plan) {
    nvinfer1::IBuilder* builder = nvinfer1::createInferBuilder(gLogger);
    nvinfer1::INetworkDefinition* network = builder->createNetworkV2(0);
    nvcaffeparser1::ICaffeParser* parser = nvcaffeparser1::createCaffeParser();
    const nvcaffeparser1::IBlobNameToTensor* blobs =
        parser->parse(argv[1], argv[2], *network, nvinfer1::DataType::kFLOAT);
    if (!blobs) return nullptr;
    network->markOutput(*blobs->find("prob"));

    nvinfer1::Dims size = network->getInput(0)->getDimensions();
    nvcaffeparser1::IBinaryProtoBlob* mean = parser->parseBinaryProto(argv[3]);
    if (!mean || size.nbDims != 3) return nullptr;
    nvinfer1::Weights values{nvinfer1::DataType::kFLOAT, mean->getData(),
                             size.d[0] * size.d[1] * size.d[2]};
    auto* constant = network->addConstant(nvinfer1::Dims3(size.d[0], size.d[1], size.d[2]), values);
    auto* centred = network->addElementWise(*network->getInput(0), *constant->getOutput(0),
                                            nvinfer1::ElementWiseOperation::kSUB);
    network->getLayer(0)->setInput(0, *centred->getOutput(0));

    nvinfer1::IBuilderConfig* config = builder->createBuilderConfig();
    builder->setMaxBatchSize(kBatch);
    config->setMaxWorkspaceSize(16 << 20);
    *plan = builder->buildSerializedNetwork(*network, *config);
    network->destroy();
    nvcaffeparser1::shutdownProtobufLibrary();
    nvinfer1::ICudaEngine* engine = nullptr;
    if (*plan) {
        nvinfer1::IRuntime* runtime = nvinfer1::createInferRuntime(gLogger);
        engine = runtime->deserializeCudaEngine((*plan)->data(), (*plan)->size());
        runtime->destroy();
    }
    mean->destroy();
    parser->destroy();
    config->destroy();
    builder->destroy();
    return engine;
}

int main(int argc, char** argv) {
    if (argc < 4) return std::puts("mnist_caffe DEPLOY MODEL MEAN"), 0;
    nvinfer1::IHostMemory* plan = nullptr;
    nvinfer1::ICudaEngine* engine = buildEngine(argv, &plan);
    if (!engine) return std::puts("no engine"), 1;
    if (engine->getNbBindings() != 2 || engine->getMaxBatchSize() != kBatch) return 1;
    const int input = engine->getBindingIndex("data"), output = engine->getBindingIndex("prob");
    if (input < 0 || output < 0 || !engine->bindingIsInput(input)) return 1;
    const nvinfer1::Dims in = engine->getBindingDimensions(input);
    const nvinfer1::Dims out = engine->getBindingDimensions(output);
    if (in.nbDims != 3 || out.nbDims != 1) return 1;  // the batch is not among them
    const size_t pixels = static_cast<size_t>(in.d[0] * in.d[1] * in.d[2]),
                 classes = static_cast<size_t>(out.d[0]);

    nvinfer1::IExecutionContext* context = engine->createExecutionContext();
    std::vector<float> images(kBatch * pixels), prob(kBatch * classes), one(classes);
    for (size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i * 37 % 255);
    void* bindings[2];
    bindings[input] = images.data();
    bindings[output] = prob.data();
    if (!context->execute(kBatch, bindings)) return std::puts("execute failed"), 1;
    for (int n = 0; n < kBatch; ++n) {  // image by image, with the smallest batch
        bindings[input] = images.data() + static_cast<size_t>(n) * pixels;
        bindings[output] = one.data();
        if (!context->enqueue(1, bindings, nullptr, nullptr)) return std::puts("enqueue failed"), 1;
        for (size_t c = 0; c < classes; ++c) {
            const float all = prob[static_cast<size_t>(n) * classes + c];
            if (std::fabs(all - one[c]) > 1e-5f) return std::puts("batches disagree"), 1;
            std::printf("%.5f%c", one[c], c + 1 == classes ? '\n' : ' ');
        }
    }
    if (context->execute(kBatch + 1, bindings)) return std::puts("too large a batch ran"), 1;
    context->destroy();
    engine->destroy();
    plan->destroy();
    return 0;
}
