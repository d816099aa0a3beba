// SPDX-License-Identifier: Apache-2.0
// What library kernels record and how they take groups apart: all of it works without a GPU.
#include "backends/cuda/driver/versions.h"
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/pack.h"
#include "backends/cuda/support/split.h"
#include "base/status.h"
#include "device/registry.h"
#include "ir/parse.h"
#if defined(BIREME_HAVE_CUDNN) && defined(BIREME_HAVE_CUDNN_FRONTEND)
#include "backends/cuda/cudnn/convolution.h"
#endif
#ifdef BIREME_HAVE_CUBLASLT
#include "backends/cuda/cublaslt/group.h"
#endif

#include <gtest/gtest.h>

namespace bireme::cuda {

namespace {

// A graph as one group, and a question about it.
struct Problem {
    ir::Graph graph;
    ir::NodeId group;
    explicit Problem(const char* text)
        : graph(ir::parse(text)), group(ir::makeGroup(graph, graph.nodeIds())) {}
    tactic::Query query() const {
        auto* reference = device::BackendRegistry::global().find("reference");
        tactic::Query q(graph.node(group).bodies.at(0), *reference->devices().at(0));
        for (int i = 0; i < q.inputs(); ++i) {
            ir::ValueId v = graph.node(group).inputs[static_cast<size_t>(i)];
            if (graph.isConstant(v)) q.setConstant(i, graph.value(v).constant);
        }
        return q;
    }
};

const char* const kChain = R"(graph g(%x: f16[2,64,8,8], %r: f16[2,32,8,8]) -> (%y) {
    %w = const f16[32,64,1,1] random(1)
    %b = const f16[32] random(2)
    %c = convolution(%x, %w, %b)
    %s = pointwise(%r, %c) {fn=sum}
    %y = pointwise(%s) {fn=hard_swish}
})";

// Every beginning of a record is refused, none is read past its end.
template <typename Load>
void refusesBeginnings(const ByteWriter& record, Load load) {
    for (size_t n = 0; n < record.size(); ++n) {
        ByteReader in(record.bytes().data(), n, "record");
        EXPECT_THROW(load(in), Error) << n << " of " << record.size() << " bytes";
    }
}

template <typename T>
void roundTrip(const T& value) {
    ByteWriter first, second;
    value.save(first);
    ByteReader in(first.bytes().data(), first.size(), "record");
    T::load(in).save(second);
    EXPECT_TRUE(in.done());
    EXPECT_EQ(first.bytes(), second.bytes());
    refusesBeginnings(first, [](ByteReader& r) { T::load(r); });
}

}  // namespace

TEST(Pack, ChannelsLastWithPadding) {
    const std::vector<uint8_t> from{0, 1, 2, 3, 10, 11, 12, 13};  // [1, 2, 2, 2]
    EXPECT_EQ(packChannelsLast(from.data(), 1, {1, 2, 2, 2}, 3),
              (std::vector<uint8_t>{0, 10, 0, 1, 11, 0, 2, 12, 0, 3, 13, 0}));
    EXPECT_EQ(packChannelsLast(from.data(), 1, {1, 2, 2, 2}, 0),
              (std::vector<uint8_t>{0, 10, 1, 11, 2, 12, 3, 13}));
}

TEST(Split, FrontTakesTheSumRestTheFunction) {
    Problem p(kChain);
    tactic::Query q = p.query();
    auto s = splitAfter(q, 1);
    ASSERT_TRUE(s);
    EXPECT_EQ(s->body(s->front).nodeCount(), 2u);
    EXPECT_EQ(s->body(s->rest).nodeCount(), 1u);
    EXPECT_EQ(s->rest.inputs, std::vector<int>{-1});
    tactic::Query front = s->query(q, s->front);
    EXPECT_EQ(front.inputs(), 4);
    int constants = 0;
    for (int i = 0; i < front.inputs(); ++i) constants += front.constant(i) != nullptr;
    EXPECT_EQ(constants, 2);
}

TEST(Versions, OneSentenceForOtherLibraries) {
    const std::vector<std::pair<std::string, std::string>> engine{
        {"compute", "9.0"}, {"cudnn", "9.14.0"}, {"cublaslt", "13.0.0"}};
    EXPECT_EQ(otherVersions(engine, "9.14.0", "13.0.0"), "");
    EXPECT_EQ(otherVersions({{"cudnn", ""}}, "9.14.0", ""), "");  // built without it
    EXPECT_EQ(
        otherVersions(engine, "9.19.0", "")
            .rfind("the engine was built with cuDNN 9.14.0 (here 9.19.0) and cuBLASLt 13.0.0 (here "
                   "none): the steps that use it are made again from their recipes",
                   0),
        0u);
}

TEST(Split, NothingToSplit) {
    Problem p(kChain);
    EXPECT_FALSE(splitAfter(p.query(), 2));  // the whole chain is no part
    Problem lone("graph g(%x: f32[2,3], %w: f32[3,4]) -> (%y) {\n %y = matrix_multiply(%x, %w)\n}");
    EXPECT_FALSE(splitAfter(lone.query(), 0));
}

#if defined(BIREME_HAVE_CUDNN) && defined(BIREME_HAVE_CUDNN_FRONTEND)
TEST(CudnnConvolution, ResidualComesBeforeTheBias) {
    Problem p(R"(graph g(%x: f16[2,64,8,8], %r: f16[2,32,8,8]) -> (%y) {
        %w = const f16[32,64,1,1] random(1)
        %b = const f16[32] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })");
    tactic::Query q = p.query();
    dnn::Convolution c;
    tactic::Support s = dnn::readConvolution(q, c);
    ASSERT_TRUE(s.ok) << s.why;
    dnn::GraphSpec spec = c.graph(q.shapes(ir::GroupShape::opt)).spec;
    ASSERT_EQ(spec.steps.size(), 3u);
    EXPECT_EQ(spec.operands[2].dims, (std::vector<int64_t>{2, 32, 8, 8}));
    EXPECT_EQ(spec.operands[2].strides, (std::vector<int64_t>{2048, 1, 256, 32}));
    EXPECT_EQ(spec.operands[3].dims, (std::vector<int64_t>{1, 32, 1, 1}));
    EXPECT_EQ(spec.steps[2].fn, ops::PointwiseFn::relu);
    roundTrip(spec);
    roundTrip(c);
}

TEST(CudnnConvolution, FirstLayerIsPadded) {
    Problem p(R"(graph g(%x: f16[1,3,8,8]) -> (%y) {
        %w = const f16[8,3,3,3] random(1)
        %y = convolution(%x, %w, _)
    })");
    dnn::Convolution c;
    ASSERT_TRUE(dnn::readConvolution(p.query(), c).ok);
    EXPECT_EQ(dnn::paddedChannels(c), 4);
    EXPECT_EQ(dnn::paddedFormat(4, 4).text(), "0231:1x4");
    EXPECT_EQ(dnn::paddedFormat(4, 16).text(), "0231:1x8");
}
#endif

#ifdef BIREME_HAVE_CUBLASLT
TEST(CublasLtProduct, ReadsBiasResidualAndActivation) {
    Problem p(R"(graph g(%x: f16[2,5,64], %r: f16[2,5,32]) -> (%y) {
        %w = const f16[1,64,32] random(1)
        %b = const f16[32] random(2)
        %m = matrix_multiply(%x, %w)
        %a = pointwise(%b, %m) {fn=sum}
        %s = pointwise(%a, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })");
    tactic::Query q = p.query();
    lt::ProductGroup g;
    tactic::Support s = lt::readProduct(q, g);
    ASSERT_TRUE(s.ok) << s.why;
    lt::ProductSpec spec = g.at(q.shapes(ir::GroupShape::opt));
    EXPECT_EQ(spec.m, 10);
    EXPECT_EQ(spec.n, 32);
    EXPECT_EQ(spec.k, 64);
    EXPECT_EQ(spec.batch, 1);
    EXPECT_TRUE(spec.bias && spec.residual);
    EXPECT_EQ(spec.activation, lt::Activation::relu);
    roundTrip(g);
    lt::packB(q, g);  // the engine is for one shape: B stays as it is
    EXPECT_FALSE(g.packed() || g.spec.transposeB);
}

TEST(CublasLtProduct, ConstantMatrixIsTurnedForSeveralShapes) {
    Problem p(R"(graph g(%x: f16[N,5,64]) -> (%y) {
        symbol N = 1..8
        %w = const f16[1,64,32] random(1)
        %y = matrix_multiply(%x, %w)
    })");
    tactic::Query q = p.query();
    q.ranges = p.graph.symbolRanges();
    q.min["N"] = 1, q.opt["N"] = 2, q.max["N"] = 8;
    lt::ProductGroup g;
    ASSERT_TRUE(lt::readProduct(q, g).ok);
    lt::packB(q, g);
    EXPECT_TRUE(g.packed() && g.spec.transposeB);
    device::Shapes shapes = q.shapes(ir::GroupShape::opt);
    shapes.inputs[static_cast<size_t>(g.b)].dims.clear();  // it is no operand any more
    const lt::ProductSpec spec = g.at(shapes);
    EXPECT_EQ(spec.m, 10);
    EXPECT_EQ(spec.n, 32);
    EXPECT_EQ(spec.k, 64);
    roundTrip(g);
}

TEST(CublasLtProduct, OperandsAreNotTurned) {
    Problem p(R"(graph g(%x: f16[N,64], %w: f16[64,32]) -> (%y) {
        symbol N = 1..8
        %y = matrix_multiply(%x, %w)
    })");
    lt::ProductGroup g;
    ASSERT_TRUE(lt::readProduct(p.query(), g).ok);
    lt::packB(p.query(), g);
    EXPECT_FALSE(g.packed() || g.spec.transposeB);
}

TEST(CublasLtProduct, ExactGeluIsNotReplaced) {
    Problem p(R"(graph g(%x: f16[5,64], %w: f16[64,32]) -> (%y) {
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m) {fn=gelu_erf}
    })");
    lt::ProductGroup g;
    EXPECT_FALSE(lt::readProduct(p.query(), g).ok);
}
#endif

// What kernels work on lies as they read it even where it is constant; kernels of weights stay.
TEST(Records, ConstantDataLieChannelsLast) {
    Problem p(R"(graph g(%b: f32[4]) -> (%y) {
    %x = const f32[2,4,8] random(1)
    %w = const f32[4,1,3] random(2)
    %y = convolution(%x, %w, %b) {groups=4}
})");
    const tactic::Query q = p.query();
    const tactic::Combination c = channelsLastCombination(q);
    auto format = [&](int operand) {
        return c.inputs[static_cast<size_t>(q.group().anchorInput(operand))].format;
    };
    EXPECT_TRUE(format(0).isChannelsLast(3));
    EXPECT_TRUE(format(1).isLinear());
}

// Numbers that the host knows are kept: the caller's memory may be gone when the kernel runs.
TEST(Records, KnownNumbersOutliveBinding) {
    std::vector<int64_t> size{4};
    device::Shapes shapes;
    shapes.inputs = {{DataType::kFLOAT, {6}, {}, true},
                     {DataType::kINT64, {1}, {}, true},
                     {DataType::kINT64, {1}, {}, true}};
    shapes.hostInputs = {nullptr, nullptr, size.data()};
    ReadBack late(shapes, {1});
    size[0] = 2;
    ASSERT_TRUE(late.shapes().hostInputs[2]);
    EXPECT_EQ(*static_cast<const int64_t*>(late.shapes().hostInputs[2]), 4);
    EXPECT_FALSE(late.shapes().hostInputs[0]);
    EXPECT_TRUE(late.waits());
}

}  // namespace bireme::cuda
