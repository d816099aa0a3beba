// SPDX-License-Identifier: Apache-2.0
// A frozen TensorFlow graph becomes UFF, then an engine, and runs once.
//   from_tensorflow GRAPH.pb INPUT CHANNELS HEIGHT WIDTH
#include "common.h"

#include <bireme/parsers/tensorflow.h>
#include <bireme/parsers/uff.h>

#include <memory>

using namespace bireme;

int main(int argc, char** argv) {
    if (argc < 6) return std::puts("from_tensorflow GRAPH.pb INPUT CHANNELS HEIGHT WIDTH"), 0;
    sample::Logger logger;
    std::unique_ptr<ITensorFlowConverter> converter(createTensorFlowConverter(logger));
    sample::check(converter->convertFile(argv[1]), "converting the graph");

    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    std::unique_ptr<nvuffparser::IUffParser> parser(nvuffparser::createUffParser());
    Dims3 const image(std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
    // The graph is written for N, H, W, C; images of this program are C, H, W.
    parser->registerInput(argv[2], image, nvuffparser::UffInputOrder::kNCHW);
    sample::check(parser->parseBuffer(static_cast<char const*>(converter->data()),
                                      converter->size(), *network),
                  "parsing the UFF file");

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*network, *config));
    sample::check(engine != nullptr, "building the engine");
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
    std::vector<float> x(sample::volume(image), 0.5f), y;
    context->setTensorAddress(argv[2], x.data());
    for (int32_t i = 0; i < engine->getNbIOTensors(); ++i) {
        char const* name = engine->getIOTensorName(i);
        if (engine->getTensorIOMode(name) == TensorIOMode::kINPUT) continue;
        y.resize(sample::volume(engine->getTensorShape(name)));
        context->setTensorAddress(name, y.data());
    }
    sample::check(context->enqueueV3(nullptr), "running");
    for (size_t i = 0; i < y.size() && i < 8; ++i) std::printf("%g ", y[i]);
    std::puts("");
}
