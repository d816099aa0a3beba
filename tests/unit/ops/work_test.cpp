// SPDX-License-Identifier: Apache-2.0
#include "ir/work.h"

#include "ir/parse.h"

#include <gtest/gtest.h>

namespace bireme {
namespace {

// Of a graph in text form; -1 where it is not known.
Dim operations(const std::string& text) {
    return ir::operationsOf(ir::parse(text)).value_or(Dim(-1));
}

TEST(Work, ConvolutionCountsItsTaps) {
    // 8 x 16 x 16 results of a 3 x 3 window over 2 channels of its group
    EXPECT_EQ(operations(R"(
graph main(%x: f32[1,4,16,16], %w: f32[8,2,3,3]) -> (%y) {
  %y = convolution(%x, %w) {groups=2, prePadding=[1,1], postPadding=[1,1]}
})"),
              Dim(2 * 8 * 16 * 16 * 2 * 9));
}

TEST(Work, DeconvolutionCountsWhatEveryInputAdds) {
    EXPECT_EQ(operations(R"(
graph main(%x: f32[1,4,5,5], %w: f32[4,3,2,2]) -> (%y) {
  %y = deconvolution(%x, %w) {stride=[2,2]}
})"),
              Dim(2 * 4 * 5 * 5 * 3 * 4));
}

TEST(Work, ProductsOfMatrices) {
    EXPECT_EQ(operations(R"(
graph main(%a: f32[3,64,5], %b: f32[1,64,7]) -> (%y) {
  %y = matrix_multiply(%a, %b) {opA=transpose}
})"),
              Dim(2 * 3 * 5 * 7 * 64));
    EXPECT_EQ(operations(R"(
graph main(%a: f32[4,5], %b: f32[5,6]) -> (%y) {
  %y = einsum(%a, %b) {equation="ij,jk->ik"}
})"),
              Dim(2 * 4 * 5 * 6));
    EXPECT_EQ(operations(R"(
graph main(%q: f32[2,10,16], %k: f32[2,20,16], %v: f32[2,20,8]) -> (%y) {
  %y = attention(%q, %k, %v)
})"),
              Dim(2 * 2 * 10 * 20 * (16 + 8)));
}

TEST(Work, RecurrencesCountBothProducts) {
    EXPECT_EQ(operations(R"(
graph main(%x: f32[7,2,5], %w: f32[1,12,5], %r: f32[1,12,3]) -> (%y) {
  %y = lstm(%x, %w, %r) {hiddenSize=3}
})"),
              Dim(2 * 7 * 2 * 12 * (5 + 3)));
}

TEST(Work, FunctionsCountOnceAndMovesNot) {
    EXPECT_EQ(operations(R"(
graph main(%x: f32[4,6]) -> (%z) {
  %a = pointwise(%x) {fn=exp}
  %b = transpose(%a) {permutation=[1,0]}
  %c = pointwise(%b) {fn=cast, to=f16}
  %z = softmax(%c) {axis=1}
})"),
              Dim(24 + 5 * 24));
}

TEST(Work, ExtentsMayBeSymbols) {
    const Dim n = operations(R"(
graph main(%a: f32[N,5], %b: f32[5,7]) -> (%y) {
  %y = matrix_multiply(%a, %b)
})");
    EXPECT_EQ(n.text(), "70*N");
    ir::Graph g = ir::parse(R"(
graph main(%a: f32[N,5]) -> (%y) {
  %y = pointwise(%a) {fn=exp}
})");
    const Dim::Values values{{"N", 3}};
    EXPECT_EQ(ir::operationsOf(g, &values).value(), Dim(15));
}

TEST(Work, BeyondAnyNumberIsNotKnown) {
    EXPECT_EQ(operations(R"(
graph main(%a: f32[1000000000,1000000000], %b: f32[1000000000,1000000000]) -> (%y) {
  %y = matrix_multiply(%a, %b)
})"),
              Dim(-1));
}

}  // namespace
}  // namespace bireme
