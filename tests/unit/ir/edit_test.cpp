// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"

#include "ir/parse.h"
#include "ir/pattern.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "ops/pointwise.h"
#include "ops/softmax.h"

#include <gtest/gtest.h>

#include <set>

namespace bireme {
namespace {

using ops::Pointwise;

const char* const kText = R"(
graph main(%x: f32[2,3]) -> (%z) {
  %c = const f32[3] {1, 1, 1}
  %a = pointwise(%x) {fn=exp}
  %b = pointwise(%a, %c) {fn=sum}
  %z = softmax(%b)
})";

ir::NodeId maker(const ir::Graph& g, const char* name) {
    return g.value(g.findValue(name)).producer;
}

ir::Op relu() {
    Pointwise p;
    p.fn = ops::PointwiseFn::relu;
    return ir::Op::of(p);
}

TEST(Graph, OutputsAreKnownHoweverTheyBecameSo) {
    ir::Graph g;
    const ir::ValueId x = g.addInput("x", {DataType::kFLOAT, {2}, {}, {}});
    std::vector<ir::ValueId> v;
    for (int i = 0; i < 5; ++i) v.push_back(g.node(g.addNode(relu(), {x}, 1, "")).outputs[0]);
    for (int i = 0; i < 4; ++i) g.markOutput(v[static_cast<size_t>(i)]);
    g.markOutput(v[1]);    // it is one already
    g.unmarkOutput(v[0]);  // the others move up
    g.replaceUses(v[2], v[4]);
    g.replaceUses(v[3], v[4]);
    EXPECT_EQ(g.outputs(), (std::vector<ir::ValueId>{v[1], v[4], v[4]}));
    EXPECT_EQ(g.useCount(v[4]), 2u);
    g.setOutput(1, v[0]);
    g.replaceUses(v[4], v[3]);
    EXPECT_EQ(g.outputs(), (std::vector<ir::ValueId>{v[1], v[0], v[3]}));
    for (size_t i = 0; i < v.size(); ++i)
        EXPECT_EQ(g.isOutput(v[i]), i == 0 || i == 1 || i == 3) << i;
}

TEST(Graph, NodesLeaveAllThatTheyRead) {
    ir::Graph g;
    const ir::ValueId x = g.addInput("x", {DataType::kFLOAT, {2}, {}, {}}),
                      y = g.addInput("y", {DataType::kFLOAT, {2}, {}, {}});
    Pointwise sum;
    sum.fn = ops::PointwiseFn::sum;
    const ir::NodeId twice = g.addNode(ir::Op::of(sum), {x, x}, 1, "twice"),
                     both = g.addNode(ir::Op::of(sum), {x, y}, 1, "both");
    g.removeNode(twice);
    EXPECT_EQ(g.value(x).users, (std::vector<ir::Use>{{both, 0}}));
    g.replaceUses(x, y);
    EXPECT_TRUE(g.value(x).users.empty());
    EXPECT_EQ(g.node(both).inputs, (std::vector<ir::ValueId>{y, y}));
    EXPECT_EQ(g.value(y).users, (std::vector<ir::Use>{{both, 1}, {both, 0}}));
}

TEST(Edit, RollsBackWhenItGivesUp) {
    ir::Graph g = ir::parse(kText);
    std::string before = ir::print(g);
    ir::Constants constants(g);
    {
        ir::Edit edit(g, constants, {maker(g, "b")});
        edit.replace(g.findValue("b"), edit.add(relu(), {g.findValue("a")}));
    }
    ir::sweepDead(g);
    ir::verifyGraph(g);
    EXPECT_EQ(ir::print(g), before);
}

TEST(Edit, RemovesWhatNobodyReadsAnyMore) {
    ir::Graph g = ir::parse(kText);
    ir::Constants constants(g);
    ir::Edit edit(g, constants, {maker(g, "b"), maker(g, "a")});
    edit.replace(g.findValue("b"), edit.add(relu(), {g.inputs()[0]}));
    EXPECT_TRUE(edit.commit().done);
    ir::verifyGraph(g);
    EXPECT_EQ(g.nodeCount(), 2u);
    ir::NodeId n = maker(g, "b");
    EXPECT_EQ(g.node(n).name, "b");
    EXPECT_EQ(g.node(n).origins.list(), (std::vector<std::string>{"b", "a"}));
    std::set<ir::NodeId> touched(edit.touched().begin(), edit.touched().end());
    EXPECT_EQ(touched, (std::set<ir::NodeId>{n, maker(g, "z")}));
}

TEST(Edit, RefusesOtherTypesAndShapes) {
    ir::Graph g = ir::parse(kText);
    ir::Constants constants(g);
    {
        ir::Edit edit(g, constants, {maker(g, "b")});
        edit.replace(g.findValue("b"), g.findValue("c"));
        EXPECT_EQ(edit.commit().why, "the shape would change from f32[2,3] to f32[3]");
    }
    {
        ir::Edit edit(g, constants, {maker(g, "b")});
        Pointwise cast;
        cast.fn = ops::PointwiseFn::cast;
        cast.to = DataType::kHALF;
        edit.replace(g.findValue("b"), edit.add(ir::Op::of(cast), {g.findValue("a")}));
        EXPECT_EQ(edit.commit().why, "the type would change to f16");
    }
    ir::verifyGraph(g);
    EXPECT_EQ(g.nodeCount(), 3u);
}

TEST(Edit, InfersReadersAnewWhenDimsChange) {
    ir::Graph g = ir::parse(
        "graph main(%x: f32[N,3], %y: f32[M,3]) -> (%z) {\n %a = pointwise(%x) {fn=exp}\n"
        " %z = softmax(%a)\n}");
    ir::Constants constants(g);
    ir::Edit edit(g, constants, {maker(g, "a")});
    edit.replace(g.findValue("a"), g.findValue("y"));
    EXPECT_TRUE(edit.commit().done);
    EXPECT_EQ(g.value(g.findValue("z")).desc.text(), "f32[M,3]");
}

TEST(Constants, KnowsSmallExpressionsOfConstants) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[3]) -> (%z) {
  %c = const f32[3] {2, 2, 2}
  %n = pointwise(%c) {fn=neg}
  %z = pointwise(%x, %n) {fn=sum}
})");
    ir::Constants constants(g);
    EXPECT_TRUE(constants.is(g.findValue("n")));
    EXPECT_FALSE(constants.is(g.findValue("z")));
    EXPECT_EQ(constants.splat(g.findValue("n")), -2);
    EXPECT_FALSE(constants.splat(g.findValue("z")));
    g.value(g.findValue("c")).refittable = true;
    EXPECT_FALSE(ir::Constants(g).splat(g.findValue("n")));
    EXPECT_TRUE(ir::Constants(g).is(g.findValue("n")));
}

TEST(Pattern, TriesBothOrdersAndBindsNamesOnce) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[3], %y: f32[3]) -> (%z, %w) {
  %s = pointwise(%x) {fn=sigmoid}
  %z = pointwise(%s, %x) {fn=prod}
  %t = pointwise(%x) {fn=sigmoid}
  %w = pointwise(%y, %t) {fn=prod}
})");
    ir::Constants constants(g);
    auto pattern = ir::op<Pointwise>()
                       .in(ir::any("x"), ir::op<Pointwise>("gate").single().in(ir::any("x")))
                       .either();
    ir::Match m;
    ASSERT_TRUE(ir::match(g, constants, pattern, maker(g, "z"), m));
    EXPECT_EQ(m["x"], g.findValue("x"));
    EXPECT_EQ(m["gate"], g.findValue("s"));
    EXPECT_EQ(m.nodes(), (std::vector<ir::NodeId>{maker(g, "z"), maker(g, "s")}));
    EXPECT_FALSE(ir::match(g, constants, pattern, maker(g, "w"), m));
}

TEST(Pattern, SingleMeansThatTheUserCannotSeeItEither) {
    ir::Graph g = ir::parse(
        "graph main(%x: f32[3]) -> (%z) {\n %a = pointwise(%x) {fn=exp}\n %z = softmax(%a)\n}");
    ir::Constants constants(g);
    auto pattern = ir::op<ops::Softmax>().in(ir::op<Pointwise>().single());
    ir::Match m;
    EXPECT_TRUE(ir::match(g, constants, pattern, maker(g, "z"), m));
    g.value(g.findValue("a")).debug = true;
    EXPECT_FALSE(ir::match(g, constants, pattern, maker(g, "z"), m));
}

}  // namespace
}  // namespace bireme
