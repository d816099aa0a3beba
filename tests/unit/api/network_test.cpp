// SPDX-License-Identifier: Apache-2.0
#include "unit/api/support.h"

namespace bireme::test {
namespace {

class Network : public NetworkTest {};

TEST_F(Network, InputsHaveUniqueNames) {
    ITensor& x = input("x", Dims4(-1, 3, 8, 8));
    EXPECT_STREQ(x.getName(), "x");
    EXPECT_EQ(dimsOf(&x), (std::vector<int64_t>{-1, 3, 8, 8}));
    EXPECT_TRUE(x.isNetworkInput());
    EXPECT_EQ(net->addInput("x", DataType::kFLOAT, Dims2(1, 1)), nullptr);
    EXPECT_EQ(logger.lastError, "another tensor has the name \"x\"");
    EXPECT_EQ(net->getNbInputs(), 1);
    EXPECT_EQ(net->getInput(0), &x);
    EXPECT_EQ(net->getInput(1), nullptr);
    EXPECT_EQ(net->getInput(-1), nullptr);
}

TEST_F(Network, BadInputsAreRefused) {
    EXPECT_EQ(net->addInput(nullptr, DataType::kFLOAT, Dims2(1, 1)), nullptr);
    EXPECT_EQ(net->addInput("", DataType::kFLOAT, Dims2(1, 1)), nullptr);
    EXPECT_EQ(net->addInput("a", DataType::kFLOAT, Dims{9, {}}), nullptr);
    EXPECT_EQ(net->addInput("a", DataType::kFLOAT, Dims2(1, -2)), nullptr);
    EXPECT_EQ(logger.lastError, "input \"a\": extent -2 is neither -1 nor 0 or more");
    EXPECT_EQ(net->addInput("a", static_cast<DataType>(63), Dims2(1, 1)), nullptr);
    EXPECT_EQ(net->addInput(std::string(5000, 'n').c_str(), DataType::kFLOAT, Dims2(1, 1)),
              nullptr);
    EXPECT_EQ(net->getNbInputs(), 0);
    EXPECT_NE(net->addInput("a", DataType::kFLOAT, Dims{0, {}}), nullptr);
}

TEST_F(Network, OwnNamesGiveWayToTheUsers) {
    ITensor& x = input("x", Dims2(2, 2));
    ILayer* relu = net->addActivation(x, ActivationType::kRELU);
    std::string own = relu->getOutput(0)->getName();
    ILayer* other = net->addActivation(x, ActivationType::kTANH);
    other->getOutput(0)->setName(own.c_str());
    EXPECT_STREQ(other->getOutput(0)->getName(), own.c_str());
    EXPECT_STRNE(relu->getOutput(0)->getName(), own.c_str());
    relu->getOutput(0)->setName(own.c_str());
    EXPECT_FALSE(logger.lastError.empty());
}

TEST_F(Network, NamesKeepTheirAddress) {
    ITensor& x = input("x", Dims2(2, 2));
    char const* name = x.getName();
    ITensor* t = &x;
    for (int i = 0; i < 300; ++i) t = net->addIdentity(*t)->getOutput(0);
    EXPECT_EQ(name, x.getName());
    EXPECT_EQ(net->getNbLayers(), 300);
    EXPECT_EQ(dimsOf(t), (std::vector<int64_t>{2, 2}));
}

TEST_F(Network, ShapesFollowSettersMadeLater) {
    ITensor& x = input("x", Dims4(1, 3, 8, 8));
    auto* pool = net->addPoolingNd(x, PoolingType::kMAX, DimsHW(2, 2));
    auto* relu = net->addActivation(*pool->getOutput(0), ActivationType::kRELU);
    EXPECT_EQ(dimsOf(relu), (std::vector<int64_t>{1, 3, 7, 7}));
    pool->setStrideNd(DimsHW(2, 2));
    EXPECT_EQ(dimsOf(relu), (std::vector<int64_t>{1, 3, 4, 4}));
    x.setDimensions(Dims4(1, 3, 16, -1));
    EXPECT_EQ(dimsOf(relu), (std::vector<int64_t>{1, 3, 8, -1}));
}

TEST_F(Network, RunTimeExtentsOfOneNameAreOneSymbol) {
    ITensor& a = input("a", Dims2(-1, 4));
    ITensor& b = input("b", Dims2(-1, 4));
    a.setDimensionName(0, "batch size");
    b.setDimensionName(0, "batch size");
    EXPECT_STREQ(a.getDimensionName(0), "batch size");
    EXPECT_EQ(a.getDimensionName(1), nullptr);
    EXPECT_EQ(a.getDimensionName(7), nullptr);
    auto& graph = api::Access::impl(*net).graph;
    EXPECT_EQ(graph.value(graph.inputs()[0]).desc.dims[0],
              graph.value(graph.inputs()[1]).desc.dims[0]);
    EXPECT_EQ(graph.symbols.size(), 1U);
    b.setDimensionName(0, nullptr);
    EXPECT_EQ(graph.symbols.size(), 2U);
    b.setDimensionName(0, "batch_size");  // another name, though the symbol would be spelt alike
    EXPECT_EQ(graph.symbols.size(), 2U);
}

TEST_F(Network, ErrorsNameTheLayer) {
    ITensor& a = input("a", Dims2(2, 3));
    ITensor& b = input("b", Dims2(4, 5));
    auto* sum = net->addElementWise(a, b, ElementWiseOperation::kSUM);
    sum->setName("my sum");
    EXPECT_EQ(sum->getOutput(0)->getDimensions().nbDims, -1);
    EXPECT_NE(logger.lastError.find("layer \"my sum\""), std::string::npos) << logger.lastError;
    b.setDimensions(Dims2(2, 3));
    EXPECT_EQ(dimsOf(sum), (std::vector<int64_t>{2, 3}));
}

TEST_F(Network, CyclesAreAnError) {
    ITensor& x = input("x", Dims2(2, 3));
    auto* first = net->addElementWise(x, x, ElementWiseOperation::kSUM);
    auto* second = net->addIdentity(*first->getOutput(0));
    first->setInput(1, *second->getOutput(0));
    EXPECT_EQ(second->getOutput(0)->getDimensions().nbDims, -1);
    EXPECT_NE(logger.lastError.find("cycle"), std::string::npos) << logger.lastError;
    first->setInput(1, x);
    EXPECT_EQ(dimsOf(second), (std::vector<int64_t>{2, 3}));
}

TEST_F(Network, OutputsAreMarkedAndUnmarked) {
    ITensor& x = input("x", Dims2(2, 3));
    ITensor* y = net->addIdentity(x)->getOutput(0);
    net->markOutput(*y);
    net->markOutput(*y);
    EXPECT_EQ(net->getNbOutputs(), 1);
    EXPECT_TRUE(y->isNetworkOutput());
    EXPECT_EQ(net->getOutput(0), y);
    net->markOutput(x);
    EXPECT_NE(logger.lastError.find("is an input"), std::string::npos);
    net->unmarkOutput(*y);
    EXPECT_EQ(net->getNbOutputs(), 0);
    ITensor* shape = net->addShape(x)->getOutput(0);
    EXPECT_TRUE(net->markOutputForShapes(*shape));
    EXPECT_FALSE(net->markOutputForShapes(*shape));
    EXPECT_TRUE(net->unmarkOutputForShapes(*shape));
    EXPECT_FALSE(net->markOutputForShapes(*y));
}

TEST_F(Network, TensorsOfOtherNetworksAreRefused) {
    ITensor& x = input("x", Dims2(2, 3));
    INetworkDefinition* other =
        api::Access::make<INetworkDefinition>(new api::Network(nullptr, api::Reporter(&logger), 0));
    EXPECT_EQ(other->addIdentity(x), nullptr);
    EXPECT_EQ(logger.lastError, "tensor \"x\" belongs to another network");
    ITensor* null = nullptr;
    EXPECT_EQ(other->addConcatenation(&null, 1), nullptr);
    EXPECT_EQ(logger.lastError, "a tensor is null");
    delete other;
}

TEST_F(Network, UnusedInputsCanBeRemoved) {
    ITensor& x = input("x", Dims2(2, 3));
    ITensor& y = input("y", Dims2(2, 3));
    net->addIdentity(x);
    net->removeTensor(x);
    EXPECT_EQ(net->getNbInputs(), 2);
    net->removeTensor(y);
    EXPECT_EQ(net->getNbInputs(), 1);
    EXPECT_EQ(net->addIdentity(y), nullptr);
    EXPECT_EQ(logger.lastError, "tensor \"y\" was removed");
    EXPECT_EQ(y.getDimensions().nbDims, -1);
    EXPECT_NE(net->addInput("y", DataType::kFLOAT, Dims2(1, 1)), nullptr);
}

TEST_F(Network, ShapeTensorsAreFound) {
    ITensor& x = input("x", Dims2(-1, 6));
    ITensor& like = input("like", Dims3(-1, 2, 3));
    ITensor* shape = net->addShape(like)->getOutput(0);
    auto* reshape = net->addShuffle(x);
    reshape->setInput(1, *shape);
    net->markOutput(*reshape->getOutput(0));
    EXPECT_TRUE(shape->isShapeTensor());
    EXPECT_FALSE(shape->isExecutionTensor());
    EXPECT_FALSE(x.isShapeTensor());
    EXPECT_TRUE(x.isExecutionTensor());
    EXPECT_FALSE(like.isShapeTensor());
    EXPECT_FALSE(like.isExecutionTensor());
    EXPECT_EQ(dimsOf(reshape), (std::vector<int64_t>{-1, 2, 3}));
}

TEST_F(Network, StronglyTypedNetworksInferTheirTypes) {
    reset(1U << static_cast<int>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    EXPECT_TRUE(net->getFlag(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    ITensor& x = input("x", Dims2(2, 3), DataType::kHALF);
    auto* y = net->addIdentity(x);
    y->setPrecision(DataType::kFLOAT);
    EXPECT_FALSE(y->precisionIsSet());
    y->setOutputType(0, DataType::kFLOAT);
    EXPECT_FALSE(y->outputTypeIsSet(0));
    EXPECT_EQ(y->getOutputType(0), DataType::kHALF);
    x.setType(DataType::kFLOAT);
    EXPECT_EQ(y->getOutput(0)->getType(), DataType::kFLOAT);
}

TEST_F(Network, WeakTypingKeepsWishes) {
    ITensor& x = input("x", Dims2(2, 3));
    auto* y = net->addIdentity(x);
    EXPECT_FALSE(y->precisionIsSet());
    y->setPrecision(DataType::kHALF);
    EXPECT_TRUE(y->precisionIsSet());
    EXPECT_EQ(y->getPrecision(), DataType::kHALF);
    y->resetPrecision();
    EXPECT_FALSE(y->precisionIsSet());
    y->setOutputType(1, DataType::kHALF);
    EXPECT_NE(logger.lastError.find("has no output 1"), std::string::npos);
    EXPECT_TRUE(x.setDynamicRange(-2, 3));
    EXPECT_FALSE(x.setDynamicRange(3, -2));
    EXPECT_EQ(x.getDynamicRangeMax(), 3);
    x.resetDynamicRange();
    EXPECT_FALSE(x.dynamicRangeIsSet());
    x.setAllowedFormats(1U << static_cast<int>(TensorFormat::kHWC));
    EXPECT_EQ(x.getAllowedFormats(), 1U << static_cast<int>(TensorFormat::kHWC));
}

TEST_F(Network, AnIdentityWithATypeConverts) {
    ITensor& x = input("x", Dims2(2, 3));
    auto* y = net->addIdentity(x);
    y->setOutputType(0, DataType::kINT32);
    EXPECT_EQ(y->getType(), LayerType::kIDENTITY);
    EXPECT_EQ(y->getOutput(0)->getType(), DataType::kINT32);
    y->resetOutputType(0);
    EXPECT_EQ(y->getOutput(0)->getType(), DataType::kFLOAT);
}

TEST_F(Network, WeightsAreFoundByAddress) {
    Weights w = weights({1, 2, 3, 4}), other = weights({1, 2});
    net->addConstant(Dims2(2, 2), w);
    EXPECT_TRUE(net->setWeightsName(w, "kernel"));
    EXPECT_FALSE(net->setWeightsName(other, "other"));
    net->addConstant(Dims{1, {2}}, other);
    EXPECT_FALSE(net->setWeightsName(other, "kernel"));
    EXPECT_TRUE(net->setWeightsName(w, nullptr));
    EXPECT_TRUE(net->setWeightsName(other, "kernel"));
}

TEST_F(Network, ErrorsGoToTheRecorder) {
    MemoryRecorder recorder;
    net->setErrorRecorder(&recorder);
    EXPECT_EQ(recorder.references, 1);
    EXPECT_EQ(net->getErrorRecorder(), &recorder);
    EXPECT_EQ(net->addInput(nullptr, DataType::kFLOAT, Dims2(1, 1)), nullptr);
    ASSERT_EQ(recorder.getNbErrors(), 1);
    EXPECT_EQ(recorder.getErrorCode(0), ErrorCode::kINVALID_ARGUMENT);
    net->setErrorRecorder(nullptr);
    EXPECT_EQ(recorder.references, 0);
}

// A getter after every added layer must not cost the whole network each time.
TEST_F(Network, AskingWhileBuildingStaysLinear) {
    ITensor* t = &input("x", Dims4(1, 8, 32, 32));
    for (int i = 0; i < 20000; ++i) {
        t = net->addActivation(*t, ActivationType::kRELU)->getOutput(0);
        ASSERT_EQ(t->getDimensions().nbDims, 4);
    }
}

}  // namespace
}  // namespace bireme::test
