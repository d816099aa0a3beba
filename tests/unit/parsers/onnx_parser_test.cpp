// SPDX-License-Identifier: Apache-2.0
// The parser through its public API: networks, names, and every error at once.
#include "bireme/parsers/onnx.h"

#include <gtest/gtest.h>

#include <memory>

#include "bireme/builder.h"
#include "parsers/onnx/importer_table.h"
#include "proto_writer.h"

namespace bireme::onnx_import {
namespace {

using test::Graph;
using test::info;
using test::Message;
using test::node;

class Logger final : public ILogger {
public:
    void log(Severity severity, char const* text) noexcept override {
        if (severity == Severity::kWARNING) warnings += std::string(text) + "\n";
    }
    std::string warnings;
};

class Recorder final : public IErrorRecorder {
public:
    int32_t getNbErrors() const noexcept override { return errors; }
    nvinfer1::ErrorCode getErrorCode(int32_t) const noexcept override {
        return nvinfer1::ErrorCode::kSUCCESS;
    }
    ErrorDesc getErrorDesc(int32_t) const noexcept override { return ""; }
    bool hasOverflowed() const noexcept override { return false; }
    void clear() noexcept override { errors = 0; }
    bool reportError(nvinfer1::ErrorCode, ErrorDesc) noexcept override { return ++errors > 1000; }
    RefCount incRefCount() noexcept override { return ++count; }
    RefCount decRefCount() noexcept override {
        lowest = std::min(lowest, count - 1);
        return --count;
    }
    int errors = 0;
    RefCount count = 0;
    RefCount lowest = 100;
};

class OnnxParser : public testing::Test {
protected:
    OnnxParser()
        : builder(createInferBuilder(logger)),
          network(builder->createNetworkV2(0)),
          parser(nvonnxparser::createParser(*network, logger)) {}

    /// A new network and a new parser, old ones gone in the order that their ties ask for.
    void restart() {
        parser.reset();
        network.reset(builder->createNetworkV2(0));
        parser.reset(nvonnxparser::createParser(*network, logger));
    }
    bool parse(const std::string& bytes) { return parser->parse(bytes.data(), bytes.size()); }
    bool parse(const Graph& g, int64_t opset = 17) { return parse(test::model(g, opset)); }
    std::string errors() const {
        std::string all;
        for (int i = 0; i < parser->getNbErrors(); ++i)
            all += std::string(parser->getError(i)->desc()) + "\n";
        return all;
    }
    void expectError(const std::string& text) {
        EXPECT_NE(errors().find(text), std::string::npos)
            << "wanted: " << text << "\ngot: " << errors();
    }

    Logger logger;
    std::unique_ptr<IBuilder> builder;
    std::unique_ptr<INetworkDefinition> network;
    std::unique_ptr<nvonnxparser::IParser> parser;
};

TEST_F(OnnxParser, BuildsANamedNetwork) {
    Graph g;
    g.inputs = {info("x", {-1, 3})};
    g.initializers = {test::tensor("b", 1, {3}, test::rawOf<float>({1, 2, 3}))};
    g.nodes = {node("Add", {"x", "b"}, {"sum"}, "bias"), node("Relu", {"sum"}, {"y"}, "act")};
    g.outputs = {info("y", {-1, 3})};
    ASSERT_TRUE(parse(g)) << errors();
    ASSERT_EQ(network->getNbInputs(), 1);
    EXPECT_STREQ(network->getInput(0)->getName(), "x");
    EXPECT_STREQ(network->getInput(0)->getDimensionName(0), "n");
    EXPECT_EQ(network->getInput(0)->getDimensions().d[0], -1);
    ASSERT_EQ(network->getNbOutputs(), 1);
    EXPECT_STREQ(network->getOutput(0)->getName(), "y");
    EXPECT_EQ(network->getOutput(0)->getDimensions().nbDims, 2);
    ILayer* act = network->getLayer(network->getNbLayers() - 1);
    EXPECT_STREQ(act->getName(), "act");
    EXPECT_EQ(act->getType(), LayerType::kACTIVATION);
    ASSERT_NE(parser->getLayerOutputTensor("bias", 0), nullptr);
    EXPECT_STREQ(parser->getLayerOutputTensor("bias", 0)->getName(), "sum");
    EXPECT_EQ(parser->getLayerOutputTensor("bias", 1), nullptr);
    EXPECT_EQ(parser->getLayerOutputTensor("nobody", 0), nullptr);
}

TEST_F(OnnxParser, ReportsEveryUnsupportedNodeAtOnce) {
    Graph g;
    g.inputs = {info("x", {2, 3})};
    g.nodes = {node("Frobnicate", {"x"}, {"a"}, "first"), node("Relu", {"a"}, {"b"}, "innocent"),
               node("Transmogrify", {"b"}, {"c"}, "second"),
               node("Gather", {"x", "x"}, {"d"}, "third", {test::intAttribute("axis", 7)})};
    g.outputs = {info("c", {2, 3}), info("d", {2, 3})};
    EXPECT_FALSE(parse(g, 13));
    EXPECT_EQ(parser->getNbErrors(), 3) << errors();
    expectError("node 0 \"first\" (Frobnicate, opset 13): operator Frobnicate is not supported");
    expectError("node 2 \"second\" (Transmogrify, opset 13)");
    expectError("node 3 \"third\" (Gather, opset 13): axis 7 is outside of rank 2");
    const nvonnxparser::IParserError* e = parser->getError(0);
    EXPECT_EQ(e->code(), ErrorCode::kUNSUPPORTED_NODE);
    EXPECT_EQ(e->node(), 0);
    EXPECT_STREQ(e->nodeName(), "first");
    EXPECT_STREQ(e->nodeOperator(), "Frobnicate");
    EXPECT_EQ(e->localFunctionStackSize(), 0);
    EXPECT_EQ(parser->getError(3), nullptr);
    parser->clearErrors();
    EXPECT_EQ(parser->getNbErrors(), 0);
}

TEST_F(OnnxParser, ReasonsOfTheNetworkReachTheError) {
    Graph g;
    g.inputs = {info("x", {2, 3}), info("y", {4, 5})};
    g.nodes = {node("Add", {"x", "y"}, {"z"}, "sum")};
    g.outputs = {info("z", {2, 3})};
    EXPECT_FALSE(parse(g));
    EXPECT_EQ(parser->getNbErrors(), 1) << errors();
    expectError("node 0 \"sum\" (Add, opset 17): ");
    expectError("3");
}

TEST_F(OnnxParser, StructureFaults) {
    Graph g;
    g.inputs = {info("x", {2})};
    g.nodes = {node("Add", {"x", "b"}, {"a"}, "one"), node("Relu", {"a"}, {"b"}, "two"),
               node("Relu", {"ghost"}, {"c"}, "three")};
    g.outputs = {info("b", {2})};
    EXPECT_FALSE(parse(g));
    expectError("the graph has a cycle: \"one\" <- \"two\"");
    expectError("input 0 \"ghost\" is made by no node");
}

TEST_F(OnnxParser, FaultsOfInputsAndOutputs) {
    Graph g;
    g.inputs = {info("x", {2}), info("x", {2}), info("s", {2}, 8)};
    g.nodes = {node("Relu", {"x"}, {"y"})};
    g.outputs = {info("y", {2}), info("nowhere", {2})};
    EXPECT_FALSE(parse(g));
    expectError("input \"x\" appears twice");
    expectError("STRING");
    g.inputs = {info("x", {2})};
    parser->clearErrors();
    restart();
    EXPECT_FALSE(parse(g));
    expectError("output \"nowhere\" is made by no node");
}

TEST_F(OnnxParser, OutputsThatAreInputsOrConstants) {
    Graph g;
    g.inputs = {info("x", {2})};
    g.initializers = {test::tensor("c", 1, {2}, test::rawOf<float>({1, 2}))};
    g.nodes = {node("Relu", {"x"}, {"y"})};
    g.outputs = {info("x", {2}), info("c", {2}), info("y", {2})};
    const bool ok = parse(g);
    ASSERT_TRUE(ok) << errors();
    EXPECT_EQ(network->getNbOutputs(), 3);
}

TEST_F(OnnxParser, InlinesFunctions) {
    const Message attribute = Message{}.bytes(1, "alpha").bytes(21, "slope").integer(20, 1);
    const Message body = node("LeakyRelu", {"in"}, {"out"}, "leak", {attribute});
    const Message function = Message{}
                                 .bytes(1, "Leaky")
                                 .bytes(4, "in")
                                 .bytes(5, "out")
                                 .bytes(6, "slope")
                                 .message(7, body)
                                 .message(9, Message{}.integer(2, 17))
                                 .bytes(10, "mine");
    const auto modelWith = [&](const std::string& op) {
        Message call = node(op, {"x"}, {"y"}, "call",
                            {Message{}.bytes(1, "slope").real(2, 0.25F).integer(20, 1)});
        call.bytes(7, "mine");
        const Message graph =
            Message{}.message(1, call).message(11, info("x", {2})).message(12, info("y", {2}));
        return Message{}
            .integer(1, 8)
            .message(7, graph)
            .message(8, Message{}.integer(2, 17))
            .message(8, Message{}.bytes(1, "mine").integer(2, 1))
            .message(25, function)
            .data;
    };
    ASSERT_TRUE(parse(modelWith("Leaky"))) << errors();
    bool found = false;
    for (int i = 0; i < network->getNbLayers(); ++i) {
        ILayer* layer = network->getLayer(i);
        if (layer->getType() != LayerType::kACTIVATION) continue;
        found = true;
        EXPECT_FLOAT_EQ(static_cast<IActivationLayer*>(layer)->getAlpha(), 0.25F);
        EXPECT_STREQ(layer->getName(), "call/leak");
    }
    EXPECT_TRUE(found);
    restart();
    EXPECT_FALSE(parse(modelWith("Other")));
    expectError("operator Other of domain \"mine\" is not supported");
}

TEST_F(OnnxParser, FunctionsInACircle) {
    Message inner = node("Loop1", {"in"}, {"out"}, "again");
    inner.bytes(7, "mine");
    const Message function = Message{}
                                 .bytes(1, "Loop1")
                                 .bytes(4, "in")
                                 .bytes(5, "out")
                                 .message(7, inner)
                                 .bytes(10, "mine")
                                 .message(9, Message{}.bytes(1, "mine").integer(2, 1));
    Message call = node("Loop1", {"x"}, {"y"}, "call");
    call.bytes(7, "mine");
    const Message graph =
        Message{}.message(1, call).message(11, info("x", {2})).message(12, info("y", {2}));
    EXPECT_FALSE(parse(Message{}
                           .integer(1, 8)
                           .message(7, graph)
                           .message(8, Message{}.integer(2, 17))
                           .message(25, function)
                           .data));
    EXPECT_EQ(parser->getNbErrors(), 1);
    expectError("perhaps in a circle");
}

TEST_F(OnnxParser, MissingExternalDataNamesTheFile) {
    Graph g;
    g.inputs = {info("x", {2})};
    g.initializers = {Message{}.integer(1, 2).integer(2, 1).bytes(8, "w").integer(14, 1).message(
        13, Message{}.bytes(1, "location").bytes(2, "weights.bin"))};
    g.nodes = {node("Add", {"x", "w"}, {"y"})};
    g.outputs = {info("y", {2})};
    const std::string bytes = test::model(g);
    EXPECT_FALSE(parser->parse(bytes.data(), bytes.size(), "/tmp/model.onnx"));
    EXPECT_EQ(parser->getNbErrors(), 1) << errors();
    expectError("tensor \"w\" has external data");
    expectError("weights.bin");
}

TEST_F(OnnxParser, ConstantOfShapeBecomesAConstant) {
    Graph g;
    g.inputs = {info("x", {1, 3, 4, 4})};
    g.initializers = {test::tensor("s", 7, {4}, test::rawOf<int64_t>({2, 3, 3, 3}))};
    g.nodes = {node("ConstantOfShape", {"s"}, {"w"}), node("Conv", {"x", "w"}, {"y"})};
    g.outputs = {info("y", {1, 2, 2, 2})};
    ASSERT_TRUE(parse(g, 9)) << errors();
    EXPECT_EQ(network->getOutput(0)->getDimensions().d[1], 2);
}

TEST_F(OnnxParser, BadArguments) {
    EXPECT_FALSE(parser->parse(nullptr, 5));
    EXPECT_FALSE(parser->parse("x", 0));
    EXPECT_FALSE(parser->parseFromFile(nullptr, 1));
    EXPECT_FALSE(parser->parseFromFile("/nonexistent/model.onnx", 1));
    expectError("No such file");
    EXPECT_EQ(parser->getNbErrors(), 4);
    EXPECT_EQ(parser->getError(-1), nullptr);
    EXPECT_FALSE(parser->supportsOperator(nullptr));
    EXPECT_EQ(createNvOnnxParser_INTERNAL(nullptr, &logger, nvonnxparser::kVERSION), nullptr);
}

TEST_F(OnnxParser, KeepsTheUsersRecorder) {
    Recorder recorder;
    network->setErrorRecorder(&recorder);
    const IErrorRecorder::RefCount before = recorder.count;
    EXPECT_FALSE(parse("nonsense"));
    Graph g;
    g.inputs = {info("x", {2})};
    g.nodes = {node("Frobnicate", {"x"}, {"y"})};
    g.outputs = {info("y", {2})};
    EXPECT_FALSE(parse(g));
    EXPECT_EQ(network->getErrorRecorder(), &recorder);
    EXPECT_EQ(recorder.count, before);
    EXPECT_GE(recorder.lowest, 1);
    network->setErrorRecorder(nullptr);
}

TEST_F(OnnxParser, TellsWhatIsSupported) {
    EXPECT_TRUE(parser->supportsOperator("Conv"));
    EXPECT_FALSE(parser->supportsOperator("Frobnicate"));
    Graph g;
    g.inputs = {info("x", {2})};
    g.nodes = {node("Relu", {"x"}, {"a"}), node("Frobnicate", {"a"}, {"b"}),
               node("Relu", {"b"}, {"y"})};
    g.outputs = {info("y", {2})};
    const std::string bytes = test::model(g);
    EXPECT_FALSE(parser->supportsModelV2(bytes.data(), bytes.size()));
    ASSERT_EQ(parser->getNbSubgraphs(), 3);
    EXPECT_TRUE(parser->isSubgraphSupported(0));
    EXPECT_FALSE(parser->isSubgraphSupported(1));
    int64_t length = 0;
    ASSERT_NE(parser->getSubgraphNodes(1, length), nullptr);
    EXPECT_EQ(length, 1);
    EXPECT_EQ(parser->getSubgraphNodes(9, length), nullptr);
    EXPECT_EQ(network->getNbLayers(), 0);
}

TEST_F(OnnxParser, LooksAtTheNodesBehindOneThatFails) {
    Graph g;
    g.inputs = {info("x", {2})};
    g.nodes = {node("Frobnicate", {"x"}, {"a"}), node("Gemm", {"a", "x"}, {"y"}, "second")};
    g.outputs = {info("y", {4})};
    nvonnxparser::SubGraphCollection_t pieces;
    std::string bytes = test::model(g);
    EXPECT_FALSE(parser->supportsModel(bytes.data(), bytes.size(), pieces));
    ASSERT_EQ(pieces.size(), 2U);  // nothing is known of a
    EXPECT_TRUE(pieces[1].second);
    g.infos = {info("a", {2})};
    bytes = test::model(g);
    parser->clearErrors();
    EXPECT_FALSE(parser->supportsModel(bytes.data(), bytes.size(), pieces));
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(pieces[0].first, (std::vector<size_t>{0, 1}));
    expectError("matrices");
}

TEST_F(OnnxParser, TakesWeightsFromElsewhere) {
    Graph g;
    g.inputs = {info("x", {2})};
    g.initializers = {test::tensor("w", 1, {2}, test::rawOf<float>({0, 0}))};
    g.nodes = {node("Add", {"x", "w"}, {"y"})};
    g.outputs = {info("y", {2})};
    const std::string bytes = test::model(g);
    const float weights[] = {3, 4};
    EXPECT_FALSE(parser->parseModelProto());
    EXPECT_FALSE(parser->loadInitializer("w", weights, sizeof weights));
    parser->clearErrors();
    ASSERT_TRUE(parser->loadModelProto(bytes.data(), bytes.size()));
    EXPECT_FALSE(parser->loadInitializer("v", weights, sizeof weights));
    expectError("no initializer \"v\"");
    parser->clearErrors();
    ASSERT_TRUE(parser->loadInitializer("w", weights, sizeof weights));
    ASSERT_TRUE(parser->parseModelProto()) << errors();
    bool found = false;
    for (int i = 0; i < network->getNbLayers(); ++i) {
        if (network->getLayer(i)->getType() != LayerType::kCONSTANT) continue;
        const Weights w = static_cast<IConstantLayer*>(network->getLayer(i))->getWeights();
        found = found || (w.count == 2 && static_cast<const float*>(w.values)[1] == 4);
    }
    EXPECT_TRUE(found);
}

TEST(OnnxImporters, CoverTheCommonOperators) {
    const ImporterTable& table = ImporterTable::instance();
    for (const char* op : {"Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "LSTM",
                           "Resize", "Slice", "Pad", "LayerNormalization", "Einsum", "TopK"})
        EXPECT_NE(table.find("", op), nullptr) << op;
    EXPECT_GT(table.rows().size(), 120U);
}

}  // namespace
}  // namespace bireme::onnx_import
