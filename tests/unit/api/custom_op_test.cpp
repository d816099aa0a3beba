// SPDX-License-Identifier: Apache-2.0
#include "ir/attributes.h"
#include "unit/api/support.h"

namespace bireme::test {
namespace {

using L = std::vector<int64_t>;
using Kind = OperatorAttribute::Kind;

class CustomOp : public NetworkTest {
protected:
    static OperatorAttribute ofInt(char const* name, int64_t const& v) {
        return {name, Kind::kINT, &v, nullptr, nullptr, 1};
    }
    static OperatorAttribute ofFloat(char const* name, float const& v) {
        return {name, Kind::kFLOAT, nullptr, &v, nullptr, 1};
    }
    static OperatorAttribute ofString(char const* name, char const* const& v) {
        return {name, Kind::kSTRING, nullptr, nullptr, &v, 1};
    }
    static OperatorAttribute ofInts(char const* name, L const& v) {
        return {name, Kind::kINTS, v.data(), nullptr, nullptr, static_cast<int32_t>(v.size())};
    }
    std::string text(ILayer* l) {
        api::Layer& layer = api::Access::impl(*l);
        return ir::attributeText(layer.network.graph.node(layer.node).op);
    }
};

TEST_F(CustomOp, EveryKindOfAttribute) {
    ITensor* x = &input("x", Dims3(2, 3, 4));
    const L permutation{2, 0, 1};
    OperatorAttribute a = ofInts("permutation", permutation);
    ILayer* t = net->addOperator("transpose", &a, 1, &x, 1);
    ASSERT_NE(t, nullptr) << logger.lastError;
    EXPECT_EQ(t->getType(), LayerType::kCUSTOM_OP);
    EXPECT_STREQ(static_cast<ICustomOpLayer*>(t)->getOperatorName(), "transpose");
    EXPECT_EQ(dimsOf(t), (L{4, 2, 3}));

    const char* fn = "hard_sigmoid";
    const float alpha = 0.2F, beta = 0.5F;
    OperatorAttribute pw[] = {ofString("fn", fn), ofFloat("alpha", alpha), ofFloat("beta", beta)};
    ILayer* h = net->addOperator("pointwise", pw, 3, &x, 1);
    ASSERT_NE(h, nullptr) << logger.lastError;
    EXPECT_EQ(text(h), "fn=hard_sigmoid, alpha=0.2, beta=0.5");

    const int64_t axis = 1, log = 1;
    OperatorAttribute sm[] = {ofInt("axis", axis), ofInt("log", log)};
    ILayer* s = net->addOperator("softmax", sm, 2, &x, 1);
    ASSERT_NE(s, nullptr) << logger.lastError;
    EXPECT_EQ(text(s), "axis=1, log=true");

    const char* names[] = {"Tanh", "Sigmoid"};
    const int64_t hidden = 3;
    OperatorAttribute gru[] = {{"activations", Kind::kSTRINGS, nullptr, nullptr, names, 2},
                               ofInt("hiddenSize", hidden)};
    ITensor* in[] = {x, &input("w", Dims3(1, 9, 4)), &input("r", Dims3(1, 9, 3))};
    ILayer* g = net->addOperator("gru", gru, 2, in, 3);
    if (ir::OpRegistry::global().find("gru")) {
        ASSERT_NE(g, nullptr) << logger.lastError;
        EXPECT_EQ(text(g), "hiddenSize=3, activations=\"Tanh,Sigmoid\"");
        EXPECT_EQ(g->getNbOutputs(), 2);
        EXPECT_EQ(dimsOf(g), (L{2, 1, 3, 3}));
    }
}

TEST_F(CustomOp, AbsentInputsAndOutputsThatAreLeftOpen) {
    ITensor* x = &input("x", Dims4(1, 2, 4, 4));
    ITensor* in[] = {x, nullptr, nullptr};
    const L pads{0, 0, 1, 1, 0, 0, 1, 1};
    OperatorAttribute a = ofInts("pads", pads);
    ILayer* p = net->addOperator("pad", &a, 1, in, 3);
    ASSERT_NE(p, nullptr) << logger.lastError;
    EXPECT_EQ(p->getInput(1), nullptr);
    EXPECT_EQ(dimsOf(p), (L{1, 2, 6, 6}));
    ILayer* pool = net->addOperator("pooling", nullptr, 0, &x, 1, 1);
    ASSERT_NE(pool, nullptr) << logger.lastError;
    EXPECT_EQ(pool->getNbOutputs(), 1);
}

TEST_F(CustomOp, MistakesAreNamed) {
    ITensor* x = &input("x", Dims3(2, 3, 4));
    EXPECT_EQ(net->addOperator("transpos", nullptr, 0, &x, 1), nullptr);
    EXPECT_EQ(logger.lastError, "there is no operator \"transpos\"; did you mean \"transpose\"?");
    EXPECT_EQ(net->addOperator(nullptr, nullptr, 0, &x, 1), nullptr);
    const int64_t one = 1;
    OperatorAttribute a = ofInt("axes", one);
    EXPECT_EQ(net->addOperator("softmax", &a, 1, &x, 1), nullptr);
    EXPECT_EQ(logger.lastError, "softmax has no attribute \"axes\"; did you mean \"axis\"?");
    const float f = 1;
    a = ofFloat("axis", f);
    EXPECT_EQ(net->addOperator("softmax", &a, 1, &x, 1), nullptr);
    EXPECT_EQ(logger.lastError, "attribute \"axis\" of softmax is of type int");
    a = {"axis", Kind::kINT, nullptr, nullptr, nullptr, 1};
    EXPECT_EQ(net->addOperator("softmax", &a, 1, &x, 1), nullptr);
    EXPECT_EQ(net->addOperator("softmax", nullptr, 1, &x, 1), nullptr);
    EXPECT_EQ(net->addOperator("softmax", nullptr, 0, &x, 2), nullptr);
    EXPECT_EQ(net->addOperator("softmax", nullptr, 0, nullptr, 1), nullptr);
    EXPECT_EQ(net->addOperator("softmax", nullptr, 0, &x, 1, 4), nullptr);
    EXPECT_EQ(logger.lastError, "softmax has no 4 outputs");
    const char* fn = "no_such_function";
    a = ofString("fn", fn);
    EXPECT_EQ(net->addOperator("pointwise", &a, 1, &x, 1), nullptr);
    EXPECT_EQ(net->getNbLayers(), 0);
}

}  // namespace
}  // namespace bireme::test
