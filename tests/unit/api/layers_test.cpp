// SPDX-License-Identifier: Apache-2.0
// Every layer class: its type, its defaults, what its setters change, the shape it gives.
#include <numeric>

#include "unit/api/support.h"

namespace bireme::test {
namespace {

using L = std::vector<int64_t>;

class Layers : public NetworkTest {
protected:
    Weights ramp(int64_t n) {
        std::vector<float> v(static_cast<size_t>(n));
        std::iota(v.begin(), v.end(), 0.0F);
        return weights(v);
    }
    void quiet() const { EXPECT_EQ(logger.lastError, ""); }
};

TEST_F(Layers, Convolution) {
    ITensor& x = input("x", Dims4(1, 4, 8, 8));
    Weights k = ramp(216);
    auto* c = net->addConvolutionNd(x, 6, DimsHW(3, 3), k, ramp(6));
    ASSERT_NE(c, nullptr);
    EXPECT_EQ(c->getType(), LayerType::kCONVOLUTION);
    EXPECT_EQ(c->getNbInputs(), 1);
    EXPECT_EQ(c->getInput(1), nullptr);
    EXPECT_EQ(list(c->getStrideNd()), (L{1, 1}));
    EXPECT_EQ(list(c->getPrePadding()), (L{0, 0}));
    EXPECT_EQ(list(c->getDilationNd()), (L{1, 1}));
    EXPECT_EQ(c->getKernelWeights().values, k.values);
    EXPECT_EQ(c->getKernelWeights().count, k.count);
    EXPECT_EQ(c->getBiasWeights().count, 6);
    EXPECT_EQ(dimsOf(c), (L{1, 6, 6, 6}));
    c->setPaddingNd(DimsHW(1, 1));
    c->setStrideNd(DimsHW(2, 2));
    EXPECT_EQ(dimsOf(c), (L{1, 6, 4, 4}));
    c->setPaddingMode(PaddingMode::kSAME_UPPER);
    EXPECT_EQ(c->getPaddingMode(), PaddingMode::kSAME_UPPER);
    quiet();
    c->setStrideNd(DimsHW(0, 2));
    EXPECT_EQ(logger.lastError, "the stride has an extent 0 below 1");
    EXPECT_EQ(list(c->getStrideNd()), (L{2, 2}));
    c->setStrideNd(Dims3(1, 1, 1));
    EXPECT_EQ(logger.lastError, "the stride has 3 dimensions, not 2");
}

TEST_F(Layers, ConvolutionGroupsAndTensorsForKernels) {
    ITensor& x = input("x", Dims4(1, 4, 8, 8));
    auto* c = net->addConvolutionNd(x, 4, DimsHW(3, 3), ramp(36), kNone);
    c->setNbGroups(4);
    EXPECT_EQ(dimsOf(c), (L{1, 4, 6, 6}));
    auto* d = net->addConvolutionNd(x, 5, DimsHW(1, 1), kNone, kNone);
    auto* kernel = net->addConstant(Dims4(5, 4, 1, 1), ramp(20));
    d->setInput(1, *kernel->getOutput(0));
    EXPECT_EQ(d->getNbInputs(), 2);
    EXPECT_EQ(d->getInput(1), kernel->getOutput(0));
    EXPECT_EQ(d->getKernelWeights().count, 0);
    EXPECT_EQ(dimsOf(d), (L{1, 5, 8, 8}));
    EXPECT_EQ(list(d->getKernelSizeNd()), (L{1, 1}));
    quiet();
    EXPECT_EQ(net->addConvolutionNd(x, 6, DimsHW(3, 3), ramp(10), kNone), nullptr);
    EXPECT_EQ(
        logger.lastError,
        "10 kernel weights are no multiple of 54: 6 output maps times the window's 9 elements");
    EXPECT_EQ(net->addConvolutionNd(x, 6, DimsHW(3, 3), ramp(216), ramp(5)), nullptr);
    EXPECT_EQ(net->addConvolutionNd(x, 0, DimsHW(3, 3), kNone, kNone), nullptr);
    EXPECT_EQ(net->addConvolutionNd(x, 1, DimsHW(3, 3), {DataType::kFLOAT, nullptr, 9}, kNone),
              nullptr);
}

TEST_F(Layers, ConvolutionOverOneAndThreeDimensions) {
    auto* one =
        net->addConvolutionNd(input("a", Dims3(1, 2, 10)), 3, Dims{1, {3}}, ramp(18), kNone);
    EXPECT_EQ(dimsOf(one), (L{1, 3, 8}));
    auto* three = net->addConvolutionNd(input("b", Dims{5, {1, 2, 4, 4, 4}}), 3, Dims3(2, 2, 2),
                                        ramp(48), kNone);
    EXPECT_EQ(dimsOf(three), (L{1, 3, 3, 3, 3}));
    quiet();
}

TEST_F(Layers, Deconvolution) {
    ITensor& x = input("x", Dims4(1, 4, 5, 5));
    auto* d = net->addDeconvolutionNd(x, 6, DimsHW(2, 2), ramp(96), ramp(6));
    ASSERT_NE(d, nullptr);
    EXPECT_EQ(d->getType(), LayerType::kDECONVOLUTION);
    d->setStrideNd(DimsHW(2, 2));
    EXPECT_EQ(dimsOf(d), (L{1, 6, 10, 10}));
    auto* g = net->addDeconvolutionNd(x, 8, DimsHW(2, 2), ramp(64), kNone);
    g->setNbGroups(2);
    EXPECT_EQ(dimsOf(g), (L{1, 8, 6, 6}));
    quiet();
}

TEST_F(Layers, Pooling) {
    auto* p = net->addPoolingNd(input("x", Dims4(1, 4, 8, 8)), PoolingType::kAVERAGE, DimsHW(3, 3));
    EXPECT_EQ(p->getType(), LayerType::kPOOLING);
    EXPECT_TRUE(p->getAverageCountExcludesPadding());
    p->setAverageCountExcludesPadding(false);
    p->setPrePadding(DimsHW(1, 1));
    p->setPostPadding(DimsHW(0, 0));
    p->setBlendFactor(0.25F);
    EXPECT_EQ(p->getBlendFactor(), 0.25F);
    EXPECT_EQ(dimsOf(p), (L{1, 4, 7, 7}));
    p->setWindowSizeNd(DimsHW(2, 2));
    EXPECT_EQ(dimsOf(p), (L{1, 4, 8, 8}));
    p->setPoolingType(PoolingType::kMAX);
    EXPECT_EQ(p->getPoolingType(), PoolingType::kMAX);
    quiet();
    p->setBlendFactor(2);
    EXPECT_EQ(p->getBlendFactor(), 0.25F);
    EXPECT_EQ(net->addPoolingNd(*net->getInput(0), static_cast<PoolingType>(9), DimsHW(2, 2)),
              nullptr);
}

TEST_F(Layers, FunctionsOfOneAndTwo) {
    ITensor& x = input("x", Dims2(2, 3));
    ITensor& row = input("row", Dims2(1, 3));
    for (int i = 0; i < EnumMax<ActivationType>(); ++i) {
        auto* a = net->addActivation(x, static_cast<ActivationType>(i));
        EXPECT_EQ(static_cast<int>(a->getActivationType()), i);
    }
    auto* swish = net->addActivation(x, ActivationType::kSWISH);
    EXPECT_EQ(swish->getAlpha(), 1);
    swish->setActivationType(ActivationType::kCLIP);
    swish->setAlpha(-1);
    swish->setBeta(6);
    EXPECT_EQ(swish->getBeta(), 6);
    swish->setBeta(std::numeric_limits<float>::infinity());
    EXPECT_EQ(swish->getBeta(), 6);
    EXPECT_EQ(swish->getType(), LayerType::kACTIVATION);
    for (int i = 0; i < EnumMax<ElementWiseOperation>(); ++i) {
        auto* e = net->addElementWise(x, row, static_cast<ElementWiseOperation>(i));
        EXPECT_EQ(static_cast<int>(e->getOperation()), i);
    }
    for (int i = 0; i < EnumMax<UnaryOperation>(); ++i)
        EXPECT_EQ(
            static_cast<int>(net->addUnary(x, static_cast<UnaryOperation>(i))->getOperation()), i);
    auto* less = net->addElementWise(x, row, ElementWiseOperation::kLESS);
    EXPECT_EQ(less->getOutput(0)->getType(), DataType::kBOOL);
    EXPECT_EQ(dimsOf(less), (L{2, 3}));
    auto* select = net->addSelect(*less->getOutput(0), x, row);
    EXPECT_EQ(select->getType(), LayerType::kSELECT);
    EXPECT_EQ(dimsOf(select), (L{2, 3}));
    EXPECT_EQ(net->addParametricReLU(x, row)->getType(), LayerType::kPARAMETRIC_RELU);
    auto* cast = net->addCast(x, DataType::kINT32);
    EXPECT_EQ(cast->getType(), LayerType::kCAST);
    EXPECT_EQ(cast->getOutput(0)->getType(), DataType::kINT32);
    cast->setToType(DataType::kINT64);
    EXPECT_EQ(cast->getOutput(0)->getType(), DataType::kINT64);
    EXPECT_EQ(net->addActivation(x, static_cast<ActivationType>(40)), nullptr);
    EXPECT_EQ(logger.lastError, "no activation has the value 40");
}

TEST_F(Layers, Scale) {
    ITensor& x = input("x", Dims4(1, 4, 8, 8));
    auto* s = net->addScale(x, ScaleMode::kCHANNEL, ramp(4), ramp(4), kNone);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(s->getType(), LayerType::kSCALE);
    EXPECT_EQ(s->getChannelAxis(), 1);
    EXPECT_EQ(s->getNbInputs(), 1);
    EXPECT_EQ(s->getPower().count, 0);
    EXPECT_EQ(s->getScale().count, 4);
    EXPECT_EQ(dimsOf(s), (L{1, 4, 8, 8}));
    quiet();
    auto* last = net->addScaleNd(x, ScaleMode::kCHANNEL, kNone, ramp(8), kNone, 3);
    EXPECT_EQ(last->getChannelAxis(), 3);
    EXPECT_EQ(dimsOf(last), (L{1, 4, 8, 8}));
}

TEST_F(Layers, LinearAlgebra) {
    ITensor& a = input("a", Dims3(2, 3, 4));
    ITensor& b = input("b", Dims3(2, 5, 4));
    auto* m = net->addMatrixMultiply(a, MatrixOperation::kNONE, b, MatrixOperation::kTRANSPOSE);
    EXPECT_EQ(m->getType(), LayerType::kMATRIX_MULTIPLY);
    EXPECT_EQ(dimsOf(m), (L{2, 3, 5}));
    m->setOperation(1, MatrixOperation::kNONE);
    EXPECT_EQ(m->getOperation(1), MatrixOperation::kNONE);
    EXPECT_EQ(m->getOutput(0)->getDimensions().nbDims, -1);
    logger.lastError.clear();
    ITensor* operands[] = {&a, &b};
    auto* e = net->addEinsum(operands, 2, "bik,bjk->bij");
    EXPECT_EQ(dimsOf(e), (L{2, 3, 5}));
    EXPECT_TRUE(e->setEquation("bik,bjk->bji"));
    EXPECT_EQ(dimsOf(e), (L{2, 5, 3}));
    EXPECT_FALSE(e->setEquation("bik->bi"));
    EXPECT_STREQ(e->getEquation(), "bik,bjk->bji");
    EXPECT_EQ(dimsOf(e), (L{2, 5, 3}));
}

TEST_F(Layers, SoftMaxReduceTopK) {
    ITensor& x = input("x", Dims4(2, 3, 4, 5));
    auto* s = net->addSoftMax(x);
    EXPECT_EQ(s->getAxes(), 2U);
    s->setAxes(8);
    EXPECT_EQ(s->getAxes(), 8U);
    s->setAxes(3);
    EXPECT_EQ(s->getAxes(), 8U);
    EXPECT_EQ(logger.lastError, "softmax takes exactly one axis, the mask has 2");
    logger.lastError.clear();
    auto* r = net->addReduce(x, ReduceOperation::kAVG, 12, false);
    EXPECT_EQ(dimsOf(r), (L{2, 3}));
    r->setKeepDimensions(true);
    EXPECT_EQ(dimsOf(r), (L{2, 3, 1, 1}));
    r->setReduceAxes(1);
    EXPECT_EQ(r->getReduceAxes(), 1U);
    EXPECT_EQ(dimsOf(r), (L{1, 3, 4, 5}));
    auto* t = net->addTopK(x, TopKOperation::kMAX, 2, 8);
    EXPECT_EQ(t->getNbOutputs(), 2);
    EXPECT_EQ(dimsOf(t->getOutput(1)), (L{2, 3, 4, 2}));
    EXPECT_EQ(t->getOutput(1)->getType(), DataType::kINT32);
    EXPECT_TRUE(t->setIndicesType(DataType::kINT64));
    EXPECT_EQ(t->getOutput(1)->getType(), DataType::kINT64);
    quiet();
    EXPECT_FALSE(t->setIndicesType(DataType::kFLOAT));
    EXPECT_EQ(t->getReduceAxes(), 8U);
}

TEST_F(Layers, Normalizations) {
    ITensor& x = input("x", Dims3(2, 3, 4));
    ITensor* scale = net->addConstant(Dims3(1, 1, 4), ramp(4))->getOutput(0);
    auto* n = net->addNormalizationV2(x, *scale, *scale, 4);
    EXPECT_TRUE(n->isV2());
    EXPECT_EQ(n->getEpsilon(), 1e-5F);
    n->setEpsilon(1e-6F);
    EXPECT_EQ(n->getEpsilon(), 1e-6F);
    EXPECT_EQ(n->getAxes(), 4U);
    EXPECT_EQ(dimsOf(n), (L{2, 3, 4}));
    EXPECT_FALSE(net->addNormalization(x, *scale, *scale, 4)->isV2());
    auto* l = net->addLRN(input("image", Dims4(1, 8, 4, 4)), 5, 1e-4F, 0.75F, 1);
    EXPECT_EQ(l->getWindowSize(), 5);
    EXPECT_EQ(dimsOf(l), (L{1, 8, 4, 4}));
    quiet();
    EXPECT_EQ(net->addLRN(x, 4, 1, 1, 1), nullptr);
}

TEST_F(Layers, Shuffle) {
    ITensor& x = input("x", Dims3(2, 3, 4));
    auto* s = net->addShuffle(x);
    EXPECT_EQ(s->getReshapeDimensions().nbDims, -1);
    s->setFirstTranspose({{1, 2, 0}});
    EXPECT_EQ(dimsOf(s), (L{3, 4, 2}));
    s->setReshapeDimensions(Dims2(0, -1));
    EXPECT_EQ(dimsOf(s), (L{3, 8}));
    s->setSecondTranspose({{1, 0}});
    EXPECT_EQ(dimsOf(s), (L{8, 3}));
    EXPECT_EQ(s->getFirstTranspose().order[0], 1);
    EXPECT_EQ(s->getFirstTranspose().order[2], 0);
    quiet();
    s->setFirstTranspose({{1, 1, 0}});
    EXPECT_EQ(logger.lastError, "not a permutation of 3 dimensions");
    auto* d = net->addShuffle(x);
    d->setInput(1, ints({6, 4}));
    EXPECT_EQ(dimsOf(d), (L{6, 4}));
    EXPECT_EQ(d->getReshapeDimensions().nbDims, -1);
    d->setReshapeDimensions(Dims{1, {24}});
    EXPECT_EQ(d->getNbInputs(), 1);
    EXPECT_EQ(dimsOf(d), (L{24}));
}

TEST_F(Layers, ConcatenationSqueezeUnsqueeze) {
    ITensor& a = input("a", Dims4(1, 2, 4, 4));
    ITensor& b = input("b", Dims4(1, 3, 4, 4));
    ITensor* both[] = {&a, &b};
    auto* c = net->addConcatenation(both, 2);
    EXPECT_EQ(c->getAxis(), 1);
    EXPECT_EQ(dimsOf(c), (L{1, 5, 4, 4}));
    auto* s = net->addSqueeze(*c->getOutput(0), ints({0}));
    EXPECT_EQ(dimsOf(s), (L{5, 4, 4}));
    auto* u = net->addUnsqueeze(*s->getOutput(0), ints({0, -1}));
    EXPECT_EQ(dimsOf(u), (L{1, 5, 4, 4, 1}));
    quiet();
    EXPECT_EQ(net->addConcatenation(nullptr, 2), nullptr);
}

TEST_F(Layers, SliceAndPadding) {
    ITensor& x = input("x", Dims2(6, 8));
    auto* s = net->addSlice(x, Dims2(1, 0), Dims2(2, 4), Dims2(2, 2));
    EXPECT_EQ(s->getType(), LayerType::kSLICE);
    EXPECT_EQ(dimsOf(s), (L{2, 4}));
    s->setInput(2, ints({3, 3}));
    EXPECT_EQ(s->getSize().nbDims, -1);
    EXPECT_EQ(s->getNbInputs(), 3);
    EXPECT_EQ(s->getInput(1), nullptr);
    EXPECT_EQ(dimsOf(s), (L{3, 3}));
    s->setSize(Dims2(1, 1));
    EXPECT_EQ(s->getNbInputs(), 1);
    EXPECT_EQ(dimsOf(s), (L{1, 1}));
    s->setMode(SampleMode::kFILL);
    EXPECT_EQ(s->getMode(), SampleMode::kFILL);
    auto* p = net->addPaddingNd(input("image", Dims4(1, 1, 4, 4)), DimsHW(1, 2), DimsHW(-1, 0));
    EXPECT_EQ(dimsOf(p), (L{1, 1, 4, 6}));
    EXPECT_EQ(list(p->getPostPaddingNd()), (L{-1, 0}));
    quiet();
}

TEST_F(Layers, ConstantsAndShapes) {
    auto* c = net->addConstant(Dims2(2, 3), ramp(6));
    EXPECT_EQ(c->getType(), LayerType::kCONSTANT);
    EXPECT_EQ(c->getNbInputs(), 0);
    EXPECT_EQ(list(c->getDimensions()), (L{2, 3}));
    c->setDimensions(Dims2(3, 2));
    EXPECT_EQ(dimsOf(c), (L{3, 2}));
    EXPECT_EQ(c->getWeights().count, 6);
    quiet();
    c->setDimensions(Dims2(3, 3));
    EXPECT_EQ(logger.lastError, "a constant of shape [3,3] needs 9 values, got 6");
    EXPECT_EQ(dimsOf(c), (L{3, 2}));
    EXPECT_EQ(net->addConstant(Dims2(2, 2), ramp(3)), nullptr);
    EXPECT_NE(net->addConstant(Dims2(0, 2), kNone), nullptr);
    auto* s = net->addShape(input("x", Dims3(-1, 2, 3)));
    EXPECT_EQ(s->getOutput(0)->getType(), DataType::kINT64);
    EXPECT_EQ(dimsOf(s), (L{3}));
}

TEST_F(Layers, GatherScatter) {
    ITensor& x = input("x", Dims2(6, 8));
    ITensor& i = input("i", Dims{1, {3}}, DataType::kINT32);
    auto* g = net->addGather(x, i, 1);
    EXPECT_EQ(dimsOf(g), (L{6, 3}));
    g->setGatherAxis(0);
    EXPECT_EQ(g->getGatherAxis(), 0);
    EXPECT_EQ(dimsOf(g), (L{3, 8}));
    EXPECT_EQ(net->addGatherV2(x, input("e", Dims2(6, 2), DataType::kINT64), GatherMode::kELEMENT)
                  ->getMode(),
              GatherMode::kELEMENT);
    auto* s = net->addScatter(x, input("si", Dims2(2, 8), DataType::kINT32),
                              input("su", Dims2(2, 8)), ScatterMode::kELEMENT);
    EXPECT_EQ(dimsOf(s), (L{6, 8}));
    EXPECT_EQ(s->getAxis(), 0);
    quiet();
}

TEST_F(Layers, Indices) {
    ITensor& i = input("i", Dims{1, {3}}, DataType::kINT32);
    ITensor* values = net->addConstant(Dims{1, {2}}, weights({0, 1}))->getOutput(0);
    static const int32_t depth = 5;
    ITensor* d = net->addConstant(Dims{0, {}}, {DataType::kINT32, &depth, 1})->getOutput(0);
    auto* o = net->addOneHot(i, *values, *d, -1);
    EXPECT_EQ(dimsOf(o), (L{3, 5}));
    auto* n = net->addNonZero(input("x", Dims2(4, 5)));
    EXPECT_EQ(dimsOf(n), (L{2, -1}));
    EXPECT_EQ(n->getIndicesType(), DataType::kINT32);
    auto* r = net->addReverseSequence(input("s", Dims3(7, 3, 2)), i);
    EXPECT_EQ(r->getBatchAxis(), 1);
    EXPECT_EQ(dimsOf(r), (L{7, 3, 2}));
    quiet();
}

TEST_F(Layers, Resize) {
    ITensor& x = input("x", Dims4(1, 3, 4, 6));
    auto* r = net->addResize(x);
    EXPECT_EQ(r->getScales(0, nullptr), -1);
    EXPECT_EQ(r->getOutputDimensions().nbDims, -1);
    const float scales[] = {1, 1, 2, 1.5F};
    r->setScales(scales, 4);
    EXPECT_EQ(dimsOf(r), (L{1, 3, 8, 9}));
    float back[4];
    EXPECT_EQ(r->getScales(4, back), 4);
    EXPECT_EQ(back[3], 1.5F);
    r->setOutputDimensions(Dims4(1, 3, 5, 5));
    EXPECT_EQ(dimsOf(r), (L{1, 3, 5, 5}));
    r->setInput(1, ints({1, 3, 7, 7}));
    EXPECT_EQ(dimsOf(r), (L{1, 3, 7, 7}));
    r->setResizeMode(InterpolationMode::kCUBIC);
    r->setCoordinateTransformation(ResizeCoordinateTransformation::kHALF_PIXEL);
    r->setSelectorForSinglePixel(ResizeSelector::kUPPER);
    r->setNearestRounding(ResizeRoundMode::kCEIL);
    r->setCubicCoeff(-0.5F);
    r->setExcludeOutside(true);
    EXPECT_EQ(r->getResizeMode(), InterpolationMode::kCUBIC);
    EXPECT_EQ(r->getCubicCoeff(), -0.5F);
    auto* g = net->addGridSample(x, input("grid", Dims4(1, 5, 5, 2)));
    EXPECT_EQ(dimsOf(g), (L{1, 3, 5, 5}));
    EXPECT_TRUE(g->setSampleMode(SampleMode::kCLAMP));
    quiet();
    EXPECT_FALSE(g->setSampleMode(SampleMode::kWRAP));
}

TEST_F(Layers, FillAssertionNms) {
    auto* f = net->addFill(Dims{1, {5}}, FillOperation::kLINSPACE);
    EXPECT_EQ(f->getType(), LayerType::kFILL);
    EXPECT_EQ(dimsOf(f), (L{5}));
    EXPECT_EQ(f->getAlpha(), 0);
    EXPECT_EQ(f->getBeta(), 1);
    f->setAlphaInt64(7);
    EXPECT_TRUE(f->isAlphaBetaInt64());
    f->setToType(DataType::kINT64);
    EXPECT_EQ(f->getOutput(0)->getType(), DataType::kINT64);
    f->setInput(0, ints({9}));
    EXPECT_EQ(dimsOf(f), (L{9}));
    EXPECT_EQ(f->getDimensions().nbDims, -1);
    f->setDimensions(Dims{1, {3}});
    EXPECT_EQ(dimsOf(f), (L{3}));
    auto* a = net->addAssertion(input("ok", Dims{1, {1}}, DataType::kBOOL), "must hold");
    EXPECT_EQ(a->getNbOutputs(), 0);
    EXPECT_STREQ(a->getMessage(), "must hold");
    static const int32_t most = 10;
    ITensor* m = net->addConstant(Dims{0, {}}, {DataType::kINT32, &most, 1})->getOutput(0);
    auto* n = net->addNMS(input("boxes", Dims3(1, 20, 4)), input("scores", Dims3(1, 20, 2)), *m);
    EXPECT_EQ(n->getNbOutputs(), 2);
    EXPECT_EQ(dimsOf(n), (L{-1, 3}));
    EXPECT_EQ(dimsOf(n->getOutput(1)), L{});
    quiet();
}

TEST_F(Layers, Quantization) {
    ITensor& x = input("x", Dims2(4, 8));
    static const float one = 0.5F;
    ITensor* scale = net->addConstant(Dims{0, {}}, {DataType::kFLOAT, &one, 1})->getOutput(0);
    auto* q = net->addQuantize(x, *scale);
    EXPECT_EQ(q->getOutput(0)->getType(), DataType::kINT8);
    EXPECT_EQ(q->getAxis(), -1);
    auto* d = net->addDequantize(*q->getOutput(0), *scale);
    EXPECT_EQ(d->getOutput(0)->getType(), DataType::kFLOAT);
    EXPECT_EQ(d->getType(), LayerType::kDEQUANTIZE);
    quiet();
    EXPECT_EQ(net->addQuantize(x, *scale, DataType::kFLOAT), nullptr);
}

TEST_F(Layers, Cumulative) {
    static const int32_t axis = 1;
    ITensor* a = net->addConstant(Dims{0, {}}, {DataType::kINT32, &axis, 1})->getOutput(0);
    auto* c =
        net->addCumulative(input("x", Dims2(4, 8)), *a, CumulativeOperation::kSUM, true, false);
    EXPECT_TRUE(c->getExclusive());
    c->setReverse(true);
    EXPECT_TRUE(c->getReverse());
    EXPECT_EQ(dimsOf(c), (L{4, 8}));
    quiet();
}

// What a script language does with a layer it got as the base class.
TEST_F(Layers, CastingDownIsSafe) {
    ITensor& x = input("x", Dims2(4, 8));
    net->addActivation(x, ActivationType::kTANH);
    ILayer* layer = net->getLayer(0);
    ASSERT_EQ(layer->getType(), LayerType::kACTIVATION);
    EXPECT_EQ(static_cast<IActivationLayer*>(layer)->getActivationType(), ActivationType::kTANH);
    EXPECT_NE(dynamic_cast<IActivationLayer*>(layer), nullptr);
#ifndef __SANITIZE_ADDRESS__  // a sanitizer stops at the wrong cast, before the library can say so
    auto* wrong = static_cast<ISoftMaxLayer*>(layer);
    wrong->setAxes(1);
    EXPECT_NE(logger.lastError.find("is not of the class it was cast to"), std::string::npos);
#endif
}

}  // namespace
}  // namespace bireme::test
