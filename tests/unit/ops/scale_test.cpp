// SPDX-License-Identifier: Apache-2.0
#include "ops/scale.h"
#include "ir/decompose.h"
#include "ir/infer.h"
#include "ir/interpret.h"
#include "ir/verify.h"

#include <gtest/gtest.h>

namespace bireme::ops {
namespace {

ir::ValueId constant(ir::Graph& g, const std::vector<float>& v) {
    return g.addConstant("", {DataType::kFLOAT, {Dim(static_cast<int64_t>(v.size()))}, {}, {}},
                         Blob::of(v));
}

// The same graph before and after the scale wrote itself as simpler ops.
void checkDecomposition(const Scale& scale, const DimVector& dims,
                        const std::vector<std::vector<float>>& parameters, bool symbolic) {
    ir::Graph g;
    DimVector inner = dims;
    if (symbolic) inner[0] = Dim::symbol("N");
    std::vector<ir::ValueId> inputs{g.addInput("x", {DataType::kFLOAT, inner, {}, {}})};
    for (const auto& p : parameters) inputs.push_back(p.empty() ? ir::kNoValue : constant(g, p));
    ir::NodeId n = g.addNode(ir::Op::of(scale), inputs, 1, "scale");
    g.markOutput(g.node(n).outputs[0]);
    ir::inferGraph(g);
    ir::Graph lowered = g;
    ir::DecomposeContext context(lowered, n);
    ASSERT_TRUE(g.node(n).op.def().decompose(g.node(n).op.attributes(), context));
    lowered.removeNode(n);
    ir::inferGraph(lowered);
    ir::verifyGraph(lowered);
    EXPECT_EQ(lowered.value(lowered.outputs()[0]).desc.text(), g.value(g.outputs()[0]).desc.text());

    std::vector<float> x;
    for (int64_t i = 0; i < volume(dims).value(); ++i) x.push_back(static_cast<float>(i) * 0.25f);
    ir::Tensor in{DataType::kFLOAT, staticValues(dims), Blob::of(x)};
    auto want = ir::interpret(g, {in}), got = ir::interpret(lowered, {in});
    ASSERT_EQ(got[0].dims, want[0].dims);
    for (size_t i = 0; i < x.size(); ++i)
        EXPECT_FLOAT_EQ(got[0].bytes.as<float>()[i], want[0].bytes.as<float>()[i]) << i;
}

TEST(Scale, DecomposesIntoPointwise) {
    DimVector dims{2, 3, 2, 2};
    checkDecomposition({}, dims, {{0.5f}, {2}, {3}}, true);
    checkDecomposition({}, dims, {{}, {2}}, true);
    checkDecomposition({}, dims, {}, true);
    Scale channel{.mode = ScaleMode::kCHANNEL};
    checkDecomposition(channel, dims, {{1, 2, 3}, {4, 5, 6}, {1, 2, 0.5f}}, true);
    checkDecomposition({.mode = ScaleMode::kCHANNEL, .channelAxis = 3}, dims, {{1, 2}}, true);
    checkDecomposition({.mode = ScaleMode::kELEMENTWISE, .channelAxis = 2}, dims,
                       {{1, 2, 3, 4}, {5, 6, 7, 8}}, true);
}

}  // namespace
}  // namespace bireme::ops
