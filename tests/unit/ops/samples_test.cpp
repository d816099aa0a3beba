// SPDX-License-Identifier: Apache-2.0
// Which graphs treat the samples of a batch each by itself.
#include "ops/support/samples.h"

#include "base/text.h"
#include "ir/parse.h"

#include <gtest/gtest.h>

namespace bireme::ops {
namespace {

// "" or what stands against it, of nodes that end in %y.
std::string why(const std::string& input, const std::string& nodes) {
    return whySamplesMix(ir::parse(cat("graph main(%x: f32", input, ") -> (%y) {\n", nodes, "\n}")),
                         Dim::symbol("N"));
}

TEST(Samples, EachByItself) {
    for (const auto& [input, nodes] : std::vector<std::pair<std::string, std::string>>{
             {"[N,3,8,8]", "%w = const f32[4,3,3,3] random(1)\n%y = convolution(%x, %w)"},
             {"[N,3,8,8]", "%y = pooling(%x) {window=[2,2]}"},
             {"[N,3,8]", "%b = const f32[3,1] splat(2)\n%y = pointwise(%x, %b) {fn=sum}"},
             {"[N,3,8]", "%b = const f32[1,3,8] random(1)\n%y = pointwise(%b, %x) {fn=sum}"},
             {"[N,3,8]", "%y = softmax(%x) {axis=-2}"},
             {"[N,3,8]", "%y = reduce(%x) {axes=[-1,1], keepDims=false}"},
             {"[N,3,8]", "%y = transpose(%x) {permutation=[0,2,1]}"},
             {"[N,3,8]", "%y = reshape(%x) {shape=[0,-1]}"},
             {"[N,3,8]", "%y = slice(%x) {start=[1], size=[2], axes=[1]}"},
             {"[N,3,8]", "%y = concat(%x, %x) {axis=1}"},
             {"[N,3,8]", "%y = matrix_multiply(%x, %x) {opB=transpose}"},
             {"[N,8]", "%w = const f32[8,4] random(1)\n%y = matrix_multiply(%x, %w)"},
             {"[N,3,8]", "%y, %i = topk(%x) {k=2, axis=1}"},
             {"[N,3,8]", "%a = const i64[1] {-1}\n%y = cumulative(%x, %a)"},
             {"[N,3,8]", "%k = const f32[3] splat(2)\n%y = quantize(%x, %k) {axis=1}"},
             {"[N,3,8]", "%k = const f32[] {2}\n%y = quantize(%x, %k)"},
             {"[N,3,8]",
              "%a, %i = topk(%x) {k=2, axis=2}\n%y = gather(%x, %i) {mode=element, axis=2}"},
             {"[N,3,8]", "%y = trilu(%x)"},
             {"[N,8]",
              "%g = group(%x) [graph body(%p: f32[N,8]) -> (%r) {\n"
              "%q = softmax(%p) {axis=1}\n%r = pointwise(%q) {fn=relu}\n}]\n"
              "%y = pointwise(%g) {fn=exp}"},
         })
        EXPECT_EQ(why(input, nodes), "") << nodes;
}

TEST(Samples, Together) {
    for (const auto& [input, nodes] : std::vector<std::pair<std::string, std::string>>{
             {"[N,3,8]", "%y = softmax(%x) {axis=0}"},
             {"[N,3,8]", "%y = softmax(%x) {axis=-3}"},
             {"[N,3,8]", "%m = reduce(%x) {axes=[0]}\n%y = pointwise(%x, %m) {fn=sub}"},
             {"[N,3,8]", "%y = transpose(%x) {permutation=[1,0,2]}"},
             {"[N,3,8]", "%y = reshape(%x) {shape=[-1,8]}"},
             {"[N,3,8]", "%y = concat(%x, %x) {axis=0}"},
             {"[N,3,8]", "%y = slice(%x) {start=[1], size=[1], axes=[0]}"},
             {"[N,8]", "%y = matrix_multiply(%x, %x) {opA=transpose}"},
             {"[N,8]", "%y = matrix_multiply(%x, %x) {opB=transpose}"},
             {"[N,3,8]", "%a = const i64[1] {0}\n%y = cumulative(%x, %a)"},
             {"[N,3,8]", "%a = const i64[1] {-3}\n%y = cumulative(%x, %a)"},
             {"[N,3,8]", "%y, %i = topk(%x) {k=1, axis=0}"},
             {"[N,3,8]", "%y, %i = topk(%x) {k=1, axis=-3}"},
             {"[N,8]", "%y = trilu(%x)"},
             {"[N,3,8]",
              "%a, %i = topk(%x) {k=2, axis=2}\n%y = gather(%x, %i) {mode=element, axis=0}"},
             {"[N,3,8]", "%y, %i = pooling(%x) {window=[2], indices=true}"},
             // The operand has one line for each of three, were there three samples.
             {"[N,3]", "%t = transpose(%x) {permutation=[1,0]}\n%y = pointwise(%x, %t) {fn=sum}"},
             // How many samples there are is part of the result.
             {"[N,3]",
              "%s = shape(%x)\n%c = pointwise(%s) {fn=cast, to=f32}\n"
              "%d = reduce(%c) {axes=[0]}\n%y = pointwise(%x, %d) {fn=div}"},
         })
        EXPECT_NE(why(input, nodes), "") << nodes;
}

TEST(Samples, NamesTheLayer) {
    EXPECT_EQ(why("[N,3]", "%y = softmax(%x) {axis=0}"), "layer \"y\" (softmax) may mix samples");
}

TEST(Samples, OutputsThatAreNoFunctionOfThem) {
    EXPECT_NE(why("[N,3]",
                  "%z = pointwise(%x) {fn=exp}\n%c = const f32[3] splat(1)\n"
                  "%y = pointwise(%c) {fn=exp}"),
              "");
    EXPECT_NE(why("[4,3]", "%y = pointwise(%x) {fn=exp}"), "");
}

}  // namespace
}  // namespace bireme::ops
