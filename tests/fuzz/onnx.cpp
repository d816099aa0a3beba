// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the ONNX parser: every input is a model or a clear error.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bireme/builder.h"
#include "bireme/parsers/onnx.h"

namespace {

class Silent final : public nvinfer1::ILogger {
    void log(Severity, char const*) noexcept override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Silent logger;
    static const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
    const std::unique_ptr<nvonnxparser::IParser> parser(
        nvonnxparser::createParser(*network, logger));
    const bool ok = parser->parse(data, size);
    if (ok != (parser->getNbErrors() == 0)) __builtin_trap();
    for (int i = 0; i < parser->getNbErrors(); ++i)
        if (parser->getError(i)->desc()[0] == '\0') __builtin_trap();
    return 0;
}
