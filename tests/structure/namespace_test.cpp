// SPDX-License-Identifier: Apache-2.0
// Code in TensorRT's habits: declares into the namespace before it includes anything of ours.
namespace nvinfer1 {
class ICudaEngine;
class IBuilder;
class ILogger;
class Dims64;
}  // namespace nvinfer1

struct CUstream_st;
typedef struct CUstream_st* cudaStream_t;

nvinfer1::ICudaEngine* keepEngine(nvinfer1::ICudaEngine* engine);

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "NvInfer.h"
#include "NvOnnxParser.h"

nvinfer1::ICudaEngine* keepEngine(nvinfer1::ICudaEngine* engine) { return engine; }

namespace nvinfer1 {
class CountingLogger : public ILogger {
public:
    void log(Severity severity, AsciiChar const* msg) noexcept override {
        if (severity <= Severity::kERROR) {
            ++errors;
            last = msg;
        }
    }
    int errors{0};
    std::string last;
};
}  // namespace nvinfer1

namespace {

TEST(Namespace, TheClassesAreTheSame) {
    static_assert(std::is_same_v<bireme::IBuilder, nvinfer1::IBuilder>);
    static_assert(std::is_same_v<bireme::Dims, nvinfer1::Dims64>);
    static_assert(std::is_same_v<bireme::onnx::IParser, nvonnxparser::IParser>);
    static_assert(std::is_base_of_v<bireme::ILayer, nvinfer1::IConvolutionLayer>);
    nvinfer1::CountingLogger logger;
    bireme::ILogger& base = logger;
    base.log(bireme::ILogger::Severity::kERROR, "seen");
    EXPECT_EQ(logger.errors, 1);
    EXPECT_EQ(logger.last, "seen");
}

TEST(Namespace, ForwardDeclaredClassIsOurs) {
    nvinfer1::ICudaEngine* engine = nullptr;
    EXPECT_EQ(keepEngine(engine), nullptr);
    static_assert(std::is_same_v<decltype(engine), bireme::ICudaEngine*>);
}

TEST(Namespace, DimsAreAggregates) {
    bireme::Dims dims{4, {1, 3, 224, 224}};
    EXPECT_EQ(dims.d[3], 224);
    nvinfer1::Dims4 four(1, 2, 3, 4);
    nvinfer1::Dims sliced = four;
    EXPECT_EQ(sliced.nbDims, 4);
    EXPECT_EQ(sliced.d[2], 3);
    EXPECT_EQ(nvinfer1::DimsHW(5, 6).w(), 6);
}

TEST(Namespace, OwnValuesStartAt64) {
    EXPECT_EQ(nvinfer1::EnumMax<nvinfer1::DataType>(), 12);
    EXPECT_EQ(static_cast<int>(bireme::DataType::kDOUBLE), 64);
    EXPECT_EQ(static_cast<int>(bireme::DeviceType::kCPU), 64);
    EXPECT_EQ(nvinfer1::EnumMax<nvinfer1::LayerType>(), 57);
}

// Layers have no data of their own, so that a base pointer can be cast down in every language.
TEST(Namespace, LayersHaveNoData) {
    EXPECT_EQ(sizeof(nvinfer1::IConvolutionLayer), sizeof(nvinfer1::ILayer));
    EXPECT_EQ(sizeof(nvinfer1::IResizeLayer), sizeof(nvinfer1::ILayer));
}

}  // namespace
