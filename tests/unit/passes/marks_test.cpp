// SPDX-License-Identifier: Apache-2.0
// What passes must never break: tensors that the user sees, refittable weights, precision
// constraints.
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/manager.h"

#include <gtest/gtest.h>

namespace bireme {
namespace {

ir::ValueId find(const ir::Graph& g, const char* name) { return g.findValue(name); }

const char* const kConvolution = R"(
graph main(%x: f32[N,3,4,4]) -> (%z) {
  %w = const f32[2,3,1,1] random(1)
  %s = const f32[1,2,1,1] {3, 4}
  %c = convolution(%x, %w)
  %p = pointwise(%c, %s) {fn=prod}
  %z = pointwise(%p) {fn=relu}
})";

TEST(Marks, DebugTensorsStay) {
    for (const char* name : {"c", "p"}) {
        ir::Graph g = ir::parse(kConvolution);
        g.value(find(g, name)).debug = true;
        passes::runPipeline(g, passes::PassContext());
        ir::ValueId v = find(g, name);
        ASSERT_NE(v, ir::kNoValue) << name << "\n" << ir::print(g);
        EXPECT_TRUE(g.value(v).debug) << ir::print(g);
    }
}

TEST(Marks, OutputsKeepNameAndMarks) {
    ir::Graph g = ir::parse(
        "graph main(%x: f32[2,3]) -> (%z) {\n %a = pointwise(%x) {fn=relu}\n %z = identity(%a)\n}");
    ir::Value& z = g.value(find(g, "z"));
    z.allowedFormats = 1;
    z.requestedType = DataType::kHALF;
    z.dimNames = {"n", "c"};
    passes::runPipeline(g, passes::PassContext());
    EXPECT_EQ(g.nodeCount(), 1u);
    const ir::Value& after = g.value(g.outputs()[0]);
    EXPECT_EQ(after.name, "z");
    EXPECT_EQ(after.allowedFormats, 1u);
    EXPECT_EQ(after.requestedType, DataType::kHALF);
    EXPECT_EQ(after.dimNames.size(), 2u);
}

TEST(Marks, RefittableWeightsAreNotRead) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[2,3]) -> (%z) {
  %zero = const f32[1,3] splat(0)
  %y = pointwise(%x, %zero) {fn=sum}
  %z = pointwise(%y) {fn=relu}
})");
    g.value(find(g, "zero")).refittable = true;
    g.value(find(g, "zero")).weightsName = "zero";
    passes::PassContext context;
    context.options.fuse = false;
    passes::runPipeline(g, context);
    EXPECT_EQ(g.nodeCount(), 2u) << ir::print(g);
    EXPECT_TRUE(g.value(find(g, "zero")).refittable);
}

TEST(Marks, RefittableWeightsFoldAsExpressions) {
    ir::Graph g = ir::parse(kConvolution);
    g.value(find(g, "w")).refittable = true;
    g.value(find(g, "w")).weightsName = "conv.weight";
    passes::PassContext context;
    context.options.fuse = false;
    passes::runPipeline(g, context);
    ir::ValueId w = find(g, "w");
    ASSERT_NE(w, ir::kNoValue) << ir::print(g);
    EXPECT_TRUE(g.value(w).constant);
    EXPECT_EQ(g.value(w).weightsName, "conv.weight");
    ASSERT_EQ(g.value(w).users.size(), 1u);
    EXPECT_EQ(g.node(g.value(w).users[0].node).op.name(), "pointwise");
}

TEST(Marks, PrecisionConstraintsAreInherited) {
    ir::Graph g = ir::parse(kConvolution);
    g.node(g.value(find(g, "c")).producer).precision = DataType::kHALF;
    passes::PassContext context;
    context.options.fuse = false;
    passes::runPipeline(g, context);
    for (ir::NodeId n : g.nodeIds())
        if (g.node(n).op.name() == "convolution") {
            EXPECT_EQ(g.node(n).precision, DataType::kHALF);
        }
}

TEST(Marks, ContradictingPrecisionConstraintsForbidTheRewrite) {
    ir::Graph g = ir::parse(kConvolution);
    g.node(g.value(find(g, "c")).producer).precision = DataType::kHALF;
    g.node(g.value(find(g, "p")).producer).precision = DataType::kFLOAT;
    passes::PassContext context;
    auto records = passes::runPasses(g, context, {"fold_scale_into_convolution"});
    ASSERT_EQ(records[0].notes.size(), 1u);
    EXPECT_NE(records[0].notes[0].find("the user wants"), std::string::npos) << records[0].notes[0];
    EXPECT_EQ(g.nodeCount(), 3u);
}

TEST(Marks, OriginsAreJoined) {
    ir::Graph g = ir::parse(kConvolution);
    passes::runPasses(g, passes::PassContext(), {"fold_scale_into_convolution"});
    for (ir::NodeId n : g.nodeIds()) {
        if (g.node(n).op.name() != "convolution") continue;
        EXPECT_EQ(g.node(n).origins.list(), (std::vector<std::string>{"p", "c"}));
        EXPECT_EQ(g.node(n).name, "c");
    }
}

}  // namespace
}  // namespace bireme
