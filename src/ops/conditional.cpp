// SPDX-License-Identifier: Apache-2.0
#include "ops/conditional.h"

#include "ops/support/bodies.h"

#include <algorithm>

namespace bireme::ops {

namespace {

// One output as both branches see it.
struct Branches {
    const ir::Graph &yes, &no;
    const ir::Value &a, &b;
};

int64_t bound(const ir::Graph& g, const Dim& d) { return d.range(g.symbolRanges()).max; }

void inferOutput(ir::InferContext& c, int i, const Branches& s) {
    c.require(s.a.desc.type == s.b.desc.type, "output ", i, " is ", name(s.a.desc.type),
              " in one branch and ", name(s.b.desc.type), " in the other");
    c.require(s.a.desc.rank() == s.b.desc.rank(), "output ", i, " is ", s.a.desc.text(),
              " in one branch and ", s.b.desc.text(), " in the other");
    c.out(i).type = s.a.desc.type;
    for (int k = 0; k < s.a.desc.rank(); ++k) {
        const Dim &x = s.a.desc.dims[static_cast<size_t>(k)],
                  &y = s.b.desc.dims[static_cast<size_t>(k)];
        bool same = x == y && isKnownOutside(s.yes, x) && isKnownOutside(s.no, y);
        c.out(i).dims.push_back(
            same ? x : c.stepExtent(i, k, Dim(std::max(bound(s.yes, x), bound(s.no, y)))));
    }
    if (s.a.known && s.b.known && *s.a.known == *s.b.known) c.setKnown(i, *s.a.known);
    c.output(i).kind = s.a.kind;
}

}  // namespace

static void infer(const If&, ir::InferContext& c) {
    c.requireType(0, DataType::kBOOL);
    c.require(volume(c.in(0).dims).valueOr(1) == 1, "the condition must be one bool, it is ",
              c.in(0).text());
    c.require(c.bodies().size() == 2, "if has two bodies, not ", c.bodies().size());
    const DimVector* condition = c.known(0);
    bool decided = condition && (*condition)[0].isStatic();
    // Only the branch that runs must have a shape when the condition is known.
    size_t first = decided && !(*condition)[0].value() ? 1 : 0, second = decided ? first : 1;
    ir::Graph yes = inferBody(c, c.bodies()[first], 1), no = inferBody(c, c.bodies()[second], 1);
    auto outputs = static_cast<size_t>(c.outputs());
    c.require(yes.outputs().size() == outputs && no.outputs().size() == outputs,
              "the branches have ", yes.outputs().size(), " and ", no.outputs().size(),
              " outputs, the node ", outputs);
    for (size_t i = 0; i < outputs; ++i)
        inferOutput(c, static_cast<int>(i),
                    {yes, no, yes.value(yes.outputs()[i]), no.value(no.outputs()[i])});
}

static void eval(const If&, ir::EvalContext& c) {
    evalBody(c, c.bodies()[c.read<uint8_t>(0)[0] ? 0 : 1], 1);
}

// The op is called "if", which the macro cannot spell: it is a keyword.
void registerOp_conditional(ir::OpRegistry& registry) {
    ir::OpSpec<If> spec{.inputs = 1,
                        .maxInputs = -1,
                        .outputs = 1,
                        .maxOutputs = -1,
                        .traits = ir::kDataDependent,
                        .infer = infer,
                        .eval = eval,
                        .doc = "Runs one of two bodies."};
    registry.add(ir::OpGlue<If>::define("if", spec));
}

}  // namespace bireme::ops
