// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the UFF parser: every input is a network or a clear error.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bireme/builder.h"
#include "bireme/parsers/uff.h"

namespace {

class Silent final : public nvinfer1::ILogger {
    void log(Severity, char const*) noexcept override {}
};

void parse(nvinfer1::IBuilder& builder, const uint8_t* data, size_t size, bool channelsFirst) {
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder.createNetworkV2(0));
    const std::unique_ptr<nvuffparser::IUffParser> parser(nvuffparser::createUffParser());
    if (channelsFirst) {
        parser->registerInput("x", nvinfer1::Dims3(3, 6, 5), nvuffparser::UffInputOrder::kNCHW);
        parser->registerOutput("y");
    }
    const bool ok = parser->parseBuffer(reinterpret_cast<const char*>(data), size, *network);
    if (ok != (parser->getNbErrors() == 0)) __builtin_trap();
    for (int32_t i = 0; i < parser->getNbErrors(); ++i)
        if (parser->getError(i)[0] == '\0') __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Silent logger;
    static const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
    parse(*builder, data, size, false);
    parse(*builder, data, size, true);
    return 0;
}
