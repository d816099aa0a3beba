// SPDX-License-Identifier: Apache-2.0
#include "plans.h"

namespace bireme::runtime::test {

using plan::Region;
using plan::Storage;

static const Dim kN = Dim::symbol("N");

static std::shared_ptr<const plan::Plan> chain(const plan::Slices& slices) {
    PlanBuilder b;
    int32_t x = b.input("x", {kN}, {1}, {8}), y = b.output("y", {kN}), t = b.scratch("t", {kN});
    b.step("toy.add", {x}, {t}).constants = {b.packed({10})};
    b.step("toy.double", {t}, {y});
    b.variant().slices = slices;
    return b.finish();
}

std::shared_ptr<const plan::Plan> chainPlan() { return chain({}); }
std::shared_ptr<const plan::Plan> slicedPlan() { return chain({2, 3, "N"}); }

std::shared_ptr<const plan::Plan> ifPlan() {
    PlanBuilder b;
    int32_t x = b.input("x", {kN}, {1}, {8}), flag = b.input("flag", {}, {}, {}, DataType::kBOOL),
            y = b.output("y", {kN});
    int32_t one = b.constant({1});
    int32_t unused = b.scratch("t", {kN});  // its place serves the branch
    (void)unused;
    Region then, other;
    then.tensors = {{"x", desc({kN}), Storage::parent, 0, 1, -1},
                    {"one", desc({1}), Storage::parent, 0, 2, -1},
                    {"sum", desc({kN}), Storage::arena, 0, -1, -1},
                    {"y", desc({kN}), Storage::parent, 0, 3, -1}};
    b.step(then, "toy.add", {0, 1}, {2});
    b.step(then, "toy.double", {2}, {3});
    then.outputs = {3};
    other.tensors = {{"x", desc({kN}), Storage::parent, 0, 1, -1}};
    other.outputs = {0};
    plan::Step s;
    s.kind = plan::StepKind::conditional;
    s.name = "choose";
    s.inputs = {flag, x, one};
    s.outputs = {y};
    s.children = {then, other};
    b.root().steps.push_back(s);
    return b.finish();
}

std::shared_ptr<const plan::Plan> positivePlan(bool bounded) {
    PlanBuilder b;
    Dim k = Dim::symbol("$0.0");
    b.symbol("$0.0", 0, bounded ? 8 : INT64_MAX);
    int32_t x = b.input("x", {kN}, {1}, {8}), y = b.output("y", {k});
    int32_t t = bounded ? b.scratch("t", {k}) : b.deferred("t", {k});
    b.step("toy.positive", {x}, {t}).defines = {{"$0.0", t, 0}};
    b.step("toy.add", {t}, {y}).constants = {b.packed({1})};
    return b.finish();
}

std::shared_ptr<const plan::Plan> countPlan() {
    PlanBuilder b;
    int32_t x = b.input("x", {kN}, {1}, {8}), y = b.output("y", {kN});
    b.step("toy.count", {x}, {y});
    return b.finish();
}

}  // namespace bireme::runtime::test
