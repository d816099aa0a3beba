// SPDX-License-Identifier: Apache-2.0
// Shape rules over symbols, and what pointwise knows of the elements of shape computations.
#include "ir/infer.h"
#include "ir/verify.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matrix_multiply.h"
#include "ops/pointwise.h"
#include "ops/pooling.h"
#include "ops/reduce.h"

#include <gtest/gtest.h>

namespace bireme::ops {
namespace {

const Dim kN = Dim::symbol("N"), kH = Dim::symbol("H"), kW = Dim::symbol("W");

// Text of the first output's description for inputs of these dims.
template <typename OpType>
std::string shape(const OpType& op, const std::vector<DimVector>& inputs,
                  DataType type = DataType::kFLOAT) {
    ir::Graph g;
    std::vector<ir::ValueId> ids;
    for (auto& dims : inputs) ids.push_back(g.addInput("", {type, dims, {}, {}}));
    ir::NodeId n = g.addNode(ir::Op::of(op), ids, 1, "n");
    ir::inferGraph(g);
    return g.value(g.node(n).outputs[0]).desc.text();
}

TEST(Shapes, Convolution) {
    DimVector x{kN, 3, kH, kW}, w{8, 3, 3, 3};
    EXPECT_EQ(shape(Convolution{}, {x, w}), "f32[N,8,H-2,W-2]");
    Convolution same{.stride = {2, 2}, .prePadding = {1, 1}, .postPadding = {1, 1}};
    EXPECT_EQ(shape(same, {x, w}), "f32[N,8,floordiv(H+1,2),floordiv(W+1,2)]");
    same = {.stride = {2, 1}, .paddingMode = PaddingMode::kSAME_UPPER};
    EXPECT_EQ(shape(same, {x, w}), "f32[N,8,floordiv(H+1,2),W]");
    EXPECT_THROW(shape(Convolution{}, {{kN, 4, kH, kW}, w}), Error);
    EXPECT_EQ(shape(Convolution{.groups = 2}, {{kN, Dim::symbol("C"), kH}, {8, 3, 1}}),
              "f32[N,8,H]");
}

TEST(Shapes, Deconvolution) {
    DimVector x{kN, 3, kH, kW}, w{3, 4, 2, 2};
    EXPECT_EQ(shape(Deconvolution{.stride = {2, 2}}, {x, w}), "f32[N,4,2*H,2*W]");
    EXPECT_EQ(shape(Deconvolution{.stride = {2, 2}, .groups = 3, .outputPadding = {1, 0}}, {x, w}),
              "f32[N,12,2*H+1,2*W]");
    EXPECT_EQ(
        shape(Deconvolution{.stride = {3, 2}, .paddingMode = PaddingMode::kSAME_LOWER}, {x, w}),
        "f32[N,4,3*H-1,2*W]");
}

TEST(Shapes, Pooling) {
    DimVector x{kN, 3, kH, kW};
    EXPECT_EQ(shape(Pooling{}, {x}), "f32[N,3,1,1]");
    EXPECT_EQ(shape(Pooling{.window = {2, 2}, .stride = {2, 2}}, {x}),
              "f32[N,3,floordiv(H,2),floordiv(W,2)]");
    Pooling up{.window = {3, 2}, .stride = {2, 2}, .paddingMode = PaddingMode::kEXPLICIT_ROUND_UP};
    EXPECT_EQ(shape(up, {x}), "f32[N,3,floordiv(H,2),floordiv(W+1,2)]");
    up.postPadding = {1, 1};  // a last window could start behind the input
    EXPECT_EQ(shape(up, {{1, 1, 5, 5}}), "f32[1,1,3,3]");
    EXPECT_THROW(shape(Pooling{.window = {7, 7}}, {{kN, 3, 5, kW}}), Error);
}

TEST(Shapes, MatrixMultiply) {
    EXPECT_EQ(shape(MatrixMultiply{}, {{kN, kH, 4}, {1, 4, kW}}), "f32[N,H,W]");
    EXPECT_EQ(shape(MatrixMultiply{}, {{kN, 2, 4}, {kH, 4, 3}}), "f32[broadcast(H,N),2,3]");
    EXPECT_EQ(
        shape(MatrixMultiply{.opA = MatrixOperation::kTRANSPOSE, .opB = MatrixOperation::kVECTOR},
              {{4, kW}, {4}}),
        "f32[W]");
    EXPECT_EQ(shape(MatrixMultiply{}, {{2, kH}, {kW, 3}}), "f32[2,3]");  // checked when bound
}

TEST(Shapes, Pointwise) {
    EXPECT_EQ(shape(Pointwise{.fn = PointwiseFn::sum}, {{kN, 1, kW}, {kH, 1}}), "f32[N,H,W]");
    EXPECT_EQ(shape(Pointwise{.fn = PointwiseFn::less}, {{kN}, {}}), "bool[N]");
    EXPECT_EQ(shape(Pointwise{.fn = PointwiseFn::cast, .to = DataType::kHALF}, {{kN}}), "f16[N]");
    EXPECT_THROW(shape(Pointwise{.fn = PointwiseFn::sum}, {{2}, {3}}), Error);
}

// Elements of fn on tensors of symbols.
std::string known(const Pointwise& op, const std::vector<DimVector>& operands) {
    ir::Graph g;
    std::vector<ir::ValueId> ids;
    for (const auto& e : operands) {
        bool first = ids.empty() && op.fn == PointwiseFn::select;
        ids.push_back(g.addInput("", {first ? DataType::kBOOL : DataType::kINT64,
                                      {Dim(static_cast<int64_t>(e.size()))},
                                      {},
                                      {}}));
        g.value(ids.back()).known = e;
    }
    ir::NodeId n = g.addNode(ir::Op::of(op), ids, 1, "n");
    ir::inferGraph(g);
    const auto& out = g.value(g.node(n).outputs[0]).known;
    return out ? text(*out) : "unknown";
}

std::string known(PointwiseFn fn, std::vector<DimVector> operands) {
    return known(Pointwise{.fn = fn}, std::move(operands));
}

TEST(KnownElements, Arithmetic) {
    EXPECT_EQ(known(PointwiseFn::sum, {{kN, 2}, {1}}), "[N+1,3]");
    EXPECT_EQ(known(PointwiseFn::sub, {{kN, 2}, {1, kH}}), "[N-1,-H+2]");
    EXPECT_EQ(known(PointwiseFn::prod, {{kN, kH}, {kW, 2}}), "[N*W,2*H]");
    EXPECT_EQ(known(PointwiseFn::div, {{kN, -7}, {2}}), "[floordiv(N,2),-3]");
    EXPECT_EQ(known(PointwiseFn::div, {{Dim(4) * kN}, {-2}}), "[-2*N]");
    EXPECT_EQ(known(PointwiseFn::floor_div, {{kN, -7}, {2}}), "[floordiv(N,2),-4]");
    EXPECT_EQ(known(PointwiseFn::mod, {{kN, -7}, {2}}), "[N-2*floordiv(N,2),1]");
    EXPECT_EQ(known(PointwiseFn::neg, {{kN, 3}}), "[-N,-3]");
    EXPECT_EQ(known(PointwiseFn::max, {{kN, 3}, {1, 5}}), "[max(1,N),5]");
    EXPECT_EQ(known(PointwiseFn::max, {{kN}, {0}}), "[N]");
    EXPECT_EQ(known(PointwiseFn::min, {{kN}, {kN + Dim(1)}}), "[N]");
    EXPECT_EQ(known(PointwiseFn::abs, {{kN, -4}}), "[N,4]");
    EXPECT_EQ(known(PointwiseFn::pow, {{3}, {4}}), "[81]");
    EXPECT_EQ(known(PointwiseFn::pow, {{kN}, {4}}), "unknown");
}

TEST(KnownElements, DivisionByWhatMayBeZeroOrNegative) {
    EXPECT_EQ(known(PointwiseFn::div, {{kN}, {0}}), "unknown");
    EXPECT_EQ(known(PointwiseFn::div, {{kN}, {Dim::symbol("@host.0")}}), "unknown");
    // The dividend may be negative, and division is toward zero.
    std::string list = known(PointwiseFn::div, {{kN - Dim(5)}, {2}});
    Dim d = Dim::parse(list.substr(1, list.size() - 2));
    EXPECT_EQ(d.eval({{"N", 2}}), -1);
    EXPECT_EQ(d.eval({{"N", 8}}), 1);
}

TEST(KnownElements, ComparisonAndSelection) {
    EXPECT_EQ(known(PointwiseFn::equal, {{kN, kN, 1}, {-1, kN, 2}}), "[0,1,0]");
    EXPECT_EQ(known(PointwiseFn::equal, {{kN}, {4}}), "[equal(4,N)]");
    EXPECT_EQ(known(PointwiseFn::less, {{-1, kN}, {kN, 0}}), "[1,0]");
    EXPECT_EQ(known(PointwiseFn::greater, {{kN + Dim(1)}, {kN}}), "[1]");
    EXPECT_EQ(known(PointwiseFn::select, {{1, 0}, {kN, kN}, {kH, kH}}), "[N,H]");
    EXPECT_EQ(known(PointwiseFn::cast, {{kN, 5}}), "unknown");  // to float
    EXPECT_EQ(known({.fn = PointwiseFn::cast, .to = DataType::kINT32}, {{kN, 5}}), "[N,5]");
    EXPECT_EQ(known({.fn = PointwiseFn::cast, .to = DataType::kBOOL}, {{0, 5}}), "[0,1]");
}

TEST(KnownElements, ReductionOfAShape) {
    ir::Graph g;
    auto x = g.addInput("", {DataType::kINT64, {3}, {}, {}});
    g.value(x).known = DimVector{kN, kH, 4};
    ir::NodeId n = g.addNode(ir::Op::of(Reduce{.operation = ReduceOperation::kPROD, .axes = {0}}),
                             {x}, 1, "n");
    ir::inferGraph(g);
    EXPECT_EQ(text(*g.value(g.node(n).outputs[0]).known), "[4*H*N]");
}

}  // namespace
}  // namespace bireme::ops
