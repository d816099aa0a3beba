// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the converter from TensorFlow, and what comes out to the UFF parser.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bireme/builder.h"
#include "bireme/parsers/tensorflow.h"
#include "bireme/parsers/uff.h"

namespace {

class Silent final : public nvinfer1::ILogger {
    void log(Severity, char const*) noexcept override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Silent logger;
    static const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
    const std::unique_ptr<nvinfer1::ITensorFlowConverter> converter(
        nvinfer1::createTensorFlowConverter(logger));
    const bool ok = converter->convert(data, size);
    if (ok != (converter->getNbErrors() == 0)) __builtin_trap();
    if (!ok) return 0;
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
    const std::unique_ptr<nvuffparser::IUffParser> parser(nvuffparser::createUffParser());
    parser->parseBuffer(static_cast<const char*>(converter->data()), converter->size(), *network);
    return 0;
}
