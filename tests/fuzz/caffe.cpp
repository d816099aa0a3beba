// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the Caffe parser: a deploy file up to the first zero byte, a trained file behind
// it. Every input is a network or a clear error.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "bireme/builder.h"
#include "bireme/parsers/caffe.h"

namespace {

class Silent final : public nvinfer1::ILogger {
    void log(Severity, char const*) noexcept override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Silent logger;
    static const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
    const std::unique_ptr<nvcaffeparser1::ICaffeParser> parser(nvcaffeparser1::createCaffeParser());
    const void* zero = size > 0 ? std::memchr(data, 0, size) : nullptr;
    const auto* model = zero != nullptr ? static_cast<const uint8_t*>(zero) + 1 : data + size;
    const auto text = static_cast<size_t>(model - data) - (zero != nullptr ? 1 : 0);
    static const uint8_t nothing = 0;
    const auto* blobs = parser->parseBuffers(
        size > 0 ? data : &nothing, text, zero != nullptr ? model : nullptr,
        static_cast<size_t>(data + size - model), *network, nvinfer1::DataType::kFLOAT);
    if ((blobs != nullptr) != (parser->getNbErrors() == 0)) __builtin_trap();
    for (int i = 0; i < parser->getNbErrors(); ++i)
        if (parser->getError(i)[0] == '\0') __builtin_trap();
    return 0;
}
