// SPDX-License-Identifier: Apache-2.0
#include "ir/infer.h"
#include "ir/interpret.h"
#include "ir/verify.h"
#include "ops/conditional.h"
#include "ops/group.h"
#include "ops/non_zero.h"
#include "ops/pointwise.h"

#include <gtest/gtest.h>

namespace bireme::ops {
namespace {

const Dim kN = Dim::symbol("N");

TensorDesc f32(DimVector dims) { return {DataType::kFLOAT, std::move(dims), {}, {}}; }

ir::Op pointwise(PointwiseFn fn) { return ir::Op::of(Pointwise{.fn = fn}); }

// One pointwise node; a body's inputs get their descs from the node.
ir::Graph body(PointwiseFn fn) {
    ir::Graph g;
    std::vector<ir::ValueId> inputs;
    for (int i = 0; i < arity(fn); ++i) inputs.push_back(g.addInput("", {}));
    g.markOutput(g.node(g.addNode(pointwise(fn), inputs, 1, "inner")).outputs[0]);
    return g;
}

ir::NodeId addIf(ir::Graph& g, ir::ValueId condition, std::vector<ir::ValueId> inputs,
                 ir::Graph yes, ir::Graph no) {
    inputs.insert(inputs.begin(), condition);
    const ir::OpDef* def = ir::OpRegistry::global().find("if");
    ir::NodeId n =
        g.addNode(ir::Op(*def), inputs, static_cast<int>(yes.outputs().size()), "choice");
    g.node(n).bodies = {std::move(yes), std::move(no)};
    for (ir::ValueId v : g.node(n).outputs) g.markOutput(v);
    return n;
}

ir::Tensor tensor(std::vector<float> v) {
    return {DataType::kFLOAT, {static_cast<int64_t>(v.size())}, Blob::of(v)};
}

ir::Tensor truth(bool v) { return {DataType::kBOOL, {}, Blob::of(std::vector<uint8_t>{v})}; }

std::vector<float> values(const ir::Tensor& t) {
    return {t.bytes.as<float>(), t.bytes.as<float>() + t.count()};
}

TEST(If, RunsTheChosenBranch) {
    ir::Graph g;
    auto c = g.addInput("c", {DataType::kBOOL, {}, {}, {}}), x = g.addInput("x", f32({kN}));
    addIf(g, c, {x}, body(PointwiseFn::neg), body(PointwiseFn::exp));
    ir::inferGraph(g);
    EXPECT_EQ(g.value(g.outputs()[0]).desc.text(), "f32[N]");
    EXPECT_EQ(values(ir::interpret(g, {truth(true), tensor({1, 2})})[0]),
              (std::vector<float>{-1, -2}));
    EXPECT_EQ(values(ir::interpret(g, {truth(false), tensor({0, 0})})[0]),
              (std::vector<float>{1, 1}));
}

TEST(If, BranchesOfDifferentExtents) {
    ir::Graph g, both;
    auto a = both.addInput("", {}), b = both.addInput("", {});
    both.markOutput(a);
    ir::Graph other = both;
    other.setOutput(0, b);
    auto c = g.addInput("c", {DataType::kBOOL, {}, {}, {}});
    auto x = g.addInput("x", f32({Dim(3)})), y = g.addInput("y", f32({Dim(5)}));
    addIf(g, c, {x, y}, both, other);
    ir::inferGraph(g);
    const Dim& d = g.value(g.outputs()[0]).desc.dims[0];
    ASSERT_TRUE(d.isSymbol());
    EXPECT_EQ(g.symbols.at(d.text()).range.max, 5);
    EXPECT_EQ(g.symbols.at(d.text()).source, ir::SymbolSource::stepExtent);
    auto out = ir::interpret(g, {truth(false), tensor({1, 2, 3}), tensor({1, 2, 3, 4, 5})});
    EXPECT_EQ(out[0].dims, (std::vector<int64_t>{5}));
}

TEST(If, ExtentsThatOnlyRunningTellsGetOuterNames) {
    ir::Graph g, yes;
    auto in = yes.addInput("", {});
    yes.markOutput(yes.node(yes.addNode(ir::Op::of(NonZero{}), {in}, 1, "places")).outputs[0]);
    auto c = g.addInput("c", {DataType::kBOOL, {}, {}, {}}), x = g.addInput("x", f32({Dim(4)}));
    addIf(g, c, {x}, yes, yes);
    ir::inferGraph(g);
    const Dim& d = g.value(g.outputs()[0]).desc.dims[1];
    ASSERT_TRUE(d.isSymbol());
    ASSERT_TRUE(g.symbols.count(d.text()));
    EXPECT_EQ(g.symbols.at(d.text()).range.max, 4);
    EXPECT_EQ(ir::interpret(g, {truth(true), tensor({0, 1, 2, 0})})[0].dims,
              (std::vector<int64_t>{1, 2}));
}

TEST(If, RefusesBranchesThatDoNotMatch) {
    ir::Graph g;
    auto c = g.addInput("c", {DataType::kBOOL, {}, {}, {}}), x = g.addInput("x", f32({kN}));
    addIf(g, c, {x}, body(PointwiseFn::neg), body(PointwiseFn::isnan));
    try {
        ir::inferGraph(g);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(e.message().find("output 0 is f32 in one branch and bool in the other"),
                  std::string::npos)
            << e.what();
        EXPECT_EQ(e.layer(), "choice");
    }
}

TEST(Group, IsWhatItsBodyIs) {
    ir::Graph g;
    auto x = g.addInput("x", {DataType::kINT64, {Dim(2)}, {}, {}});
    std::vector<int64_t> three{3, 3};
    auto k = g.addConstant("k", {DataType::kINT64, {Dim(2)}, {}, {}}, Blob::of(three));
    ir::NodeId n = g.addNode(ir::Op::of(Group{}), {x, k}, 1, "fused");
    g.node(n).bodies = {body(PointwiseFn::sum)};
    g.markOutput(g.node(n).outputs[0]);
    g.value(x).known = DimVector{kN, Dim(4)};
    ir::inferGraph(g);
    ir::verifyGraph(g);
    const ir::Value& out = g.value(g.outputs()[0]);
    EXPECT_EQ(out.desc.text(), "i64[2]");
    ASSERT_TRUE(out.known);
    EXPECT_EQ(text(*out.known), "[N+3,7]");
    auto result = ir::interpret(g, {{DataType::kINT64, {2}, Blob::of(std::vector<int64_t>{1, 2})}});
    EXPECT_EQ(result[0].bytes.as<int64_t>()[1], 5);
}

TEST(Group, NeedsOneBodyWithItsInputs) {
    ir::Graph g;
    auto x = g.addInput("x", f32({kN}));
    ir::NodeId n = g.addNode(ir::Op::of(Group{}), {x}, 1, "fused");
    EXPECT_THROW(ir::inferGraph(g), Error);
    g.node(n).bodies = {body(PointwiseFn::sum)};
    EXPECT_THROW(ir::inferGraph(g), Error);
    g.node(n).bodies = {body(PointwiseFn::exp)};
    EXPECT_NO_THROW(ir::inferGraph(g));
}

}  // namespace
}  // namespace bireme::ops
