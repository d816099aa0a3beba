// SPDX-License-Identifier: Apache-2.0
#include "ir/serialize.h"
#include "base/status.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/print.h"

#include <gtest/gtest.h>

using namespace bireme;

namespace {

constexpr const char* kText = R"(graph main(%x: f32[N,3,8,8], %flag: bool[]) -> (%y, %z) {
  %w = const f32[4,3,3,3] random(7)
  %c = convolution(%x, %w) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
  %r = pointwise(%c) {fn=relu}
  %y = if(%flag, %r) [graph then(%a: f32[N,4,4,4]) -> (%b) {
    %k = const f32[1,1,1,1] {2}
    %b = pointwise(%a, %k) {fn=prod}
  }, graph else(%a: f32[N,4,4,4]) -> (%b) {
    %b = identity(%a)
  }]
  %z = non_zero(%r)
})";

std::vector<uint8_t> bytesOf(const ir::Graph& g) {
    ByteWriter w;
    ir::writeGraph(g, w);
    return w.take();
}

ir::Graph graphOf(const std::vector<uint8_t>& bytes) {
    ByteReader r(bytes.data(), bytes.size(), "the graph");
    return ir::readGraph(r);
}

ir::Tensor floats(std::vector<int64_t> dims, std::vector<float> v) {
    return {DataType::kFLOAT, std::move(dims), Blob::of(v)};
}

}  // namespace

TEST(Serialize, RoundTripKeepsTheGraph) {
    ir::Graph g = ir::parse(kText);
    auto bytes = bytesOf(g);
    ir::Graph back = graphOf(bytes);
    EXPECT_EQ(ir::print(back, {.names = false, .types = true}),
              ir::print(g, {.names = false, .types = true}));
    EXPECT_EQ(bytesOf(back), bytes);
    std::vector<float> x(192);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
    for (uint8_t flag : {0, 1}) {
        std::vector<ir::Tensor> inputs{floats({1, 3, 8, 8}, x),
                                       {DataType::kBOOL, {}, Blob::copy(&flag, 1)}};
        auto a = ir::interpret(g, inputs), b = ir::interpret(back, inputs);
        ASSERT_EQ(a[0].bytes.size(), b[0].bytes.size());
        EXPECT_EQ(std::memcmp(a[0].bytes.data(), b[0].bytes.data(), a[0].bytes.size()), 0);
        EXPECT_EQ(a[1].dims, b[1].dims);
    }
}

TEST(Serialize, AnOutputMayCountTwice) {
    ir::Graph g = ir::parse(
        "graph main(%x: f32[2]) -> (%y, %z) {\n %y = pointwise(%x) {fn=relu}\n %z = pointwise(%x) "
        "{fn=abs}\n}");
    g.setOutput(1, g.outputs()[0]);
    ir::Graph back = graphOf(bytesOf(g));
    ASSERT_EQ(back.outputs().size(), 2u);
    EXPECT_EQ(back.outputs()[0], back.outputs()[1]);
    EXPECT_EQ(ir::interpret(back, {floats({2}, {-1, 5})}).size(), 2u);
}

TEST(Serialize, DamageGivesErrors) {
    const auto bytes = bytesOf(ir::parse(kText));
    size_t refused = 0;
    for (size_t n = 0; n < bytes.size(); n += n < 400 ? 1 : 17)
        EXPECT_THROW(graphOf(std::vector<uint8_t>(bytes.begin(),
                                                  bytes.begin() + static_cast<std::ptrdiff_t>(n))),
                     Error)
            << n;
    for (size_t i = 0; i < bytes.size(); i += i < 300 || i + 400 > bytes.size() ? 1 : 23) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = bytes;
            damaged[i] = static_cast<uint8_t>(damaged[i] ^ (1 << bit));
            try {
                graphOf(damaged);
            } catch (const Error& e) {
                ++refused;
                EXPECT_NE(e.message(), "");
            }
        }
    }
    EXPECT_GT(refused, 500u);
}
