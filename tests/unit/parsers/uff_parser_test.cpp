// SPDX-License-Identifier: Apache-2.0
// The UFF parser and the converter through their C++ headers.
#include <NvUffParser.h>
#include <gtest/gtest.h>

#include <memory>

#include "bireme/parsers/tensorflow.h"
#include "parsers/uff/node.h"
#include "proto_writer.h"

namespace bireme::uff_import {
namespace {

using nvuffparser::UffInputOrder;
using test::Message;

class Logger final : public ILogger {
public:
    void log(Severity severity, char const* text) noexcept override {
        if (severity <= Severity::kERROR) errors += std::string(text) + "\n";
    }
    std::string errors;
};

Message field(const std::string& name, const Message& data) {
    return Message{}.bytes(1, name).message(2, data);
}

Message text(const std::string& value) { return Message{}.bytes(1, value); }

Message node(const std::string& id, const std::string& op, const std::vector<std::string>& inputs,
             const std::vector<Message>& fields = {}) {
    Message m;
    m.bytes(1, id);
    for (const auto& i : inputs) m.bytes(2, i);
    m.bytes(3, op);
    for (const auto& f : fields) m.message(4, f);
    return m;
}

std::string file(const std::vector<Message>& nodes) {
    Message graph;
    graph.bytes(1, "main");
    for (const auto& n : nodes) graph.message(2, n);
    return Message{}.integer(1, 1).integer(2, 1).message(4, graph).data;
}

std::string reluFile(const std::string& func = "relu") {
    return file({node("x", "Input", {}),
                 node("y", "Activation", {"x"}, {field("func", text(func))}),
                 node("MarkOutput_0", "MarkOutput", {"y"})});
}

class UffParserTest : public testing::Test {
protected:
    Logger logger;
    std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
    std::unique_ptr<INetworkDefinition> network{builder->createNetworkV2(0)};
    std::unique_ptr<nvuffparser::IUffParser> parser{nvuffparser::createUffParser()};

    bool parse(const std::string& bytes) {
        return parser->parseBuffer(bytes.data(), bytes.size(), *network);
    }
};

TEST_F(UffParserTest, RegistersAndParses) {
    EXPECT_TRUE(parser->registerInput("x", Dims3(3, 4, 5), UffInputOrder::kNCHW));
    EXPECT_TRUE(parser->registerOutput("MarkOutput_0"));
    ASSERT_TRUE(parse(reluFile())) << logger.errors;
    const Dims in = network->getInput(0)->getDimensions();
    EXPECT_EQ(in.nbDims, 4);
    EXPECT_EQ(in.d[0], 1);
    EXPECT_EQ(in.d[3], 5);
    EXPECT_STREQ(network->getOutput(0)->getName(), "MarkOutput_0");
}

TEST_F(UffParserTest, TellsNodeAndReason) {
    parser->registerInput("x", Dims2(1, 4), UffInputOrder::kNC);
    EXPECT_FALSE(parse(reluFile("sqeeze")));
    ASSERT_EQ(parser->getNbErrors(), 1);
    EXPECT_STREQ(parser->getError(0),
                 "UffParser: Parser error: y: Activation: func \"sqeeze\" is unknown");
    EXPECT_EQ(parser->getError(1), nullptr);
    parser->clearErrors();
    EXPECT_EQ(parser->getNbErrors(), 0);
}

TEST_F(UffParserTest, RefusesWhatIsNoRegistration) {
    EXPECT_FALSE(parser->registerInput(nullptr, Dims3(1, 2, 3), UffInputOrder::kNCHW));
    EXPECT_FALSE(parser->registerInput("x", Dims{9, {}}, UffInputOrder::kNCHW));
    EXPECT_FALSE(parser->registerOutput(""));
    EXPECT_FALSE(parser->parse(nullptr, *network));
    EXPECT_FALSE(parser->parseBuffer(nullptr, 0, *network));
}

TEST_F(UffParserTest, OldNames) {
    EXPECT_EQ(parser->getUffRequiredVersionMajor(), 0);
    EXPECT_EQ(parser->getUffRequiredVersionMinor(), 6);
    EXPECT_EQ(parser->getUffRequiredVersionPatch(), 9);
    parser.release()->destroy();
    nvuffparser::shutdownProtobufLibrary();
    delete static_cast<nvuffparser::IUffParser*>(createNvUffParser_INTERNAL());
}

TEST_F(UffParserTest, ConvertsAndParses) {
    const Message placeholder = Message{}.bytes(1, "x").bytes(2, "Placeholder");
    const Message tanh = Message{}.bytes(1, "y").bytes(2, "Tanh").bytes(3, "x");
    const std::string graph = Message{}.message(1, placeholder).message(1, tanh).data;
    std::unique_ptr<ITensorFlowConverter> converter(createTensorFlowConverter(logger));
    EXPECT_STREQ(converter->findOutputs(graph.data(), graph.size()), "y");
    EXPECT_FALSE(converter->replaceInput("x", nullptr, DataType::kBOOL, Dims2(2, 3)));
    EXPECT_TRUE(converter->replaceInput("x", "image", DataType::kFLOAT, Dims2(2, 3)));
    ASSERT_TRUE(converter->convert(graph.data(), graph.size())) << logger.errors;
    ASSERT_TRUE(parse({static_cast<const char*>(converter->data()), converter->size()}));
    EXPECT_STREQ(network->getInput(0)->getName(), "image");
    EXPECT_STREQ(network->getOutput(0)->getName(), "y");
}

TEST(UffOrder, Expands) {
    EXPECT_EQ(expanded({0, 2, kIncrement, 1}, 4), (Axes{0, 2, 3, 1}));
    EXPECT_EQ(expanded({2, kIncrement, 1, 0}, 5), (Axes{2, 3, 4, 1, 0}));
    EXPECT_EQ(expanded({0, 1, kDecrement, 2}, 5), (Axes{0, 1, 4, 3, 2}));
    EXPECT_EQ(expanded({0, 1, 2, kIncrement}, 2), (Axes{0, 1}));
    EXPECT_THROW(expanded({0, 0}, 2), Refusal);
    EXPECT_THROW(expanded({0, 1}, 3), Refusal);
    EXPECT_THROW(expanded({0, -5, kIncrement}, 3), Refusal);
}

}  // namespace
}  // namespace bireme::uff_import
