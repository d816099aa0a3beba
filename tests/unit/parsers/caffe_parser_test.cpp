// SPDX-License-Identifier: Apache-2.0
// The Caffe parser through its C++ header: entry points, and whom errors reach.
#include <NvCaffeParser.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "proto_writer.h"

namespace bireme {
namespace {

using test::Message;

class Logger final : public ILogger {
public:
    void log(Severity severity, char const* text) noexcept override {
        if (severity <= Severity::kERROR) errors += std::string(text) + "\n";
    }
    std::string errors;
};

class Recorder final : public IErrorRecorder {
public:
    int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(texts.size()); }
    ErrorCode getErrorCode(int32_t) const noexcept override { return ErrorCode::kINVALID_ARGUMENT; }
    ErrorDesc getErrorDesc(int32_t i) const noexcept override {
        return texts.at(static_cast<size_t>(i)).c_str();
    }
    bool hasOverflowed() const noexcept override { return false; }
    void clear() noexcept override { texts.clear(); }
    bool reportError(ErrorCode, ErrorDesc text) noexcept override {
        texts.emplace_back(text);
        return true;
    }
    RefCount incRefCount() noexcept override { return ++references; }
    RefCount decRefCount() noexcept override { return --references; }

    std::vector<std::string> texts;
    int32_t references = 0;
};

const std::string kDeploy = R"(
input: "x" input_dim: 1 input_dim: 2 input_dim: 1 input_dim: 1
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 bias_term: false } })";

std::string floats(const std::vector<float>& v) {
    return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)};
}

std::string trained(const std::string& layer, const std::vector<float>& values) {
    const Message shape = Message{}.bytes(1, std::string(1, static_cast<char>(values.size())));
    const Message blob = Message{}.message(7, shape).bytes(5, floats(values));
    return Message{}.message(100, Message{}.bytes(1, layer).message(7, blob)).data;
}

class CaffeParserTest : public testing::Test {
protected:
    Logger logger;
    std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
    std::unique_ptr<INetworkDefinition> network{builder->createNetworkV2(0)};
    std::unique_ptr<nvcaffeparser1::ICaffeParser> parser{nvcaffeparser1::createCaffeParser()};

    const nvcaffeparser1::IBlobNameToTensor* parse(const std::string& deploy,
                                                   const std::string& model,
                                                   DataType type = DataType::kFLOAT) {
        return parser->parseBuffers(deploy.data(), deploy.size(), model.data(), model.size(),
                                    *network, type);
    }
};

TEST_F(CaffeParserTest, FindsBlobsAndComputes) {
    const auto* blobs = parse(kDeploy, trained("ip", {3, 4}));
    ASSERT_NE(blobs, nullptr) << logger.errors;
    EXPECT_EQ(blobs->find("z"), nullptr);
    EXPECT_EQ(blobs->find(nullptr), nullptr);
    ASSERT_EQ(blobs->getNbOutputs(), 1);
    EXPECT_STREQ(blobs->getOutputName(0), "y");
    EXPECT_EQ(blobs->getOutputName(1), nullptr);
    network->markOutput(*blobs->find("y"));
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    config->setDefaultDeviceType(DeviceType::kCPU);
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*network, *config));
    ASSERT_NE(engine, nullptr) << logger.errors;
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
    float x[] = {10, 100}, y = 0;
    void* bindings[] = {x, &y};
    ASSERT_TRUE(context->executeV2(bindings)) << logger.errors;
    EXPECT_EQ(y, 430);
}

TEST_F(CaffeParserTest, ErrorsReachRecorderLogAndParser) {
    Recorder recorder;
    parser->setErrorRecorder(&recorder);
    EXPECT_EQ(parser->getErrorRecorder(), &recorder);
    EXPECT_EQ(recorder.references, 1);
    EXPECT_EQ(parse(kDeploy, trained("ip", {3})), nullptr);
    const std::string told =
        "Caffe: layer \"ip\" (InnerProduct): its matrix (blob 0) has 1 values, [1, 2] needs 2";
    ASSERT_EQ(recorder.getNbErrors(), 1);
    EXPECT_EQ(recorder.texts[0], told);
    EXPECT_EQ(logger.errors, told + "\n");
    EXPECT_EQ(parser->getError(0), told);
    EXPECT_EQ(parser->getError(1), nullptr);
    parser->clearErrors();
    EXPECT_EQ(parser->getNbErrors(), 0);
    parser->setErrorRecorder(nullptr);
    EXPECT_EQ(recorder.references, 0);
}

TEST_F(CaffeParserTest, RefusesWhatIsNoCall) {
    EXPECT_EQ(parser->parse(nullptr, nullptr, *network, DataType::kFLOAT), nullptr);
    EXPECT_EQ(parser->parse("missing.prototxt", nullptr, *network, DataType::kFLOAT), nullptr);
    EXPECT_NE(std::string(parser->getError(1)).find("missing.prototxt"), std::string::npos);
    EXPECT_EQ(parse(kDeploy, trained("ip", {3, 4}), DataType::kINT8), nullptr);
    EXPECT_EQ(parser->parseBinaryProto(nullptr), nullptr);
    EXPECT_EQ(parser->getNbErrors(), 4);
    EXPECT_FALSE(parser->setInputDimensions("", Dims2(1, 2)));
    EXPECT_FALSE(parser->setInputDimensions("x", Dims{9, {}}));
}

TEST_F(CaffeParserTest, ReadsAMeanFile) {
    const std::string path = testing::TempDir() + "mean.binaryproto";
    const Message blob =
        Message{}.integer(1, 1).integer(2, 2).integer(3, 1).integer(4, 1).bytes(5, floats({7, 8}));
    std::ofstream(path, std::ios::binary) << blob.data;
    auto* mean = parser->parseBinaryProto(path.c_str());
    ASSERT_NE(mean, nullptr) << logger.errors;
    EXPECT_EQ(mean->getDimensions().d[1], 2);
    EXPECT_EQ(mean->getDataType(), DataType::kFLOAT);
    EXPECT_EQ(static_cast<const float*>(mean->getData())[1], 8);
    mean->destroy();
    std::remove(path.c_str());
}

TEST_F(CaffeParserTest, OldNames) {
    parser->setProtobufBufferSize(1);
    parser.release()->destroy();
    nvcaffeparser1::shutdownProtobufLibrary();
    delete static_cast<nvcaffeparser1::ICaffeParser*>(createNvCaffeParser_INTERNAL());
}

}  // namespace
}  // namespace bireme
