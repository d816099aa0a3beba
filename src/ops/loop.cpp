// SPDX-License-Identifier: Apache-2.0
#include "ops/loop.h"

#include "ir/interpret.h"
#include "ops/support/bodies.h"

#include <cstring>

namespace bireme::ops {

// Extents that the body leaves as they are stay; the others become `~`, which nothing outside
// knows.
static bool widen(TensorDesc& before, const TensorDesc& after, int64_t value) {
    bool changed = false;
    for (size_t k = 0; k < before.dims.size(); ++k) {
        if (before.dims[k] == after.dims[k]) continue;
        Dim open = Dim::symbol(cat("~carried", value, ".", k));
        changed = changed || !(before.dims[k] == open);
        before.dims[k] = open;
    }
    return changed;
}

static bool isOpen(const ir::Graph& body, const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    for (const auto& n : names)
        if (n[0] == '~') return true;
    return !isKnownOutside(body, d);
}

static void infer(const Loop& op, ir::InferContext& c) {
    c.require(c.bodies().size() == 1, "a loop has one body, not ", c.bodies().size());
    const ir::Graph& body = c.bodies()[0];
    auto n = static_cast<size_t>(op.carried);
    c.require(op.carried >= 0 && c.inputs() >= 2 + op.carried &&
                  body.inputs().size() == static_cast<size_t>(c.inputs()) &&
                  body.outputs().size() == static_cast<size_t>(c.outputs()) + 1 &&
                  c.outputs() >= op.carried,
              "the body has ", body.inputs().size(), " inputs and ", body.outputs().size(),
              " outputs, which does not fit a loop of ", c.inputs(), " inputs and ", c.outputs(),
              " outputs");
    std::vector<BodyInput> inputs(2);
    inputs[0].desc.type = DataType::kINT64;
    inputs[1].desc.type = DataType::kBOOL;
    for (int i = 2; i < c.inputs(); ++i) inputs.push_back(passed(c, i));
    for (size_t i = 0; i < n; ++i) inputs[2 + i].known.reset(), inputs[2 + i].constant = nullptr;
    ir::Graph g;
    for (bool again = true; again;) {
        g = inferBodyOn(body, inputs);
        again = false;
        for (size_t i = 0; i < n; ++i) {
            const TensorDesc& after = g.value(g.outputs()[1 + i]).desc;
            TensorDesc& before = inputs[2 + i].desc;
            c.require(before.type == after.type && before.rank() == after.rank(), "carried value ",
                      i, " is ", before.text(), " before a turn and ", after.text(), " after it");
            again = widen(before, after, static_cast<int64_t>(i)) || again;
        }
    }
    const DimVector* turns = c.has(0) ? c.known(0) : nullptr;
    Dim most = turns && turns->size() == 1 ? turns->front() : Dim(INT64_MAX);
    for (int i = 0; i < c.outputs(); ++i) {
        const TensorDesc& d = g.value(g.outputs()[static_cast<size_t>(i) + 1]).desc;
        c.out(i).type = d.type;
        int shift = i < op.carried ? 0 : 1;
        if (shift) c.out(i).dims.push_back(c.stepExtent(i, 0, most));
        for (int k = 0; k < d.rank(); ++k) {
            const Dim& e = d.dims[static_cast<size_t>(k)];
            c.out(i).dims.push_back(isOpen(g, e) ? c.stepExtent(i, k + shift, Dim(INT64_MAX)) : e);
        }
    }
}

static void eval(const Loop& op, ir::EvalContext& c) {
    const ir::Graph& body = c.bodies()[0];
    auto n = static_cast<size_t>(op.carried);
    int64_t turns = c.has(0) ? c.ints(0).at(0) : INT64_MAX;
    uint8_t goOn = c.has(1) ? c.read<uint8_t>(1)[0] : 1;
    std::vector<ir::Tensor> inputs(2);
    for (int i = 2; i < c.inputs(); ++i) inputs.push_back(inputTensor(c, i));
    std::vector<std::vector<ir::Tensor>> stacks(static_cast<size_t>(c.outputs()) - n);
    for (int64_t turn = 0; turn < turns && goOn; ++turn) {
        inputs[0] = {DataType::kINT64, {}, Blob::copy(&turn, sizeof turn)};
        inputs[1] = {DataType::kBOOL, {}, Blob::copy(&goOn, 1)};
        auto results = ir::interpret(body, inputs);
        c.require(results[0].count() == 1, "the condition of a loop must be one bool");
        goOn = *static_cast<const uint8_t*>(static_cast<const void*>(results[0].bytes.data()));
        for (size_t i = 0; i < n; ++i) inputs[2 + i] = results[1 + i];
        for (size_t i = 0; i < stacks.size(); ++i) stacks[i].push_back(results[1 + n + i]);
    }
    for (size_t i = 0; i < n; ++i) giveTensor(c, static_cast<int>(i), inputs[2 + i]);
    for (size_t i = 0; i < stacks.size(); ++i) {
        int out = static_cast<int>(n + i);
        ir::Tensor empty{c.outType(out), {c.outDims(out).begin() + 1, c.outDims(out).end()}, {}};
        for (int64_t& d : empty.dims) d = std::max<int64_t>(d, 0);
        giveTensor(c, out, stacked(stacks[i], 0, empty));
    }
}

BIREME_OP(loop, Loop,
          {.inputs = 2,
           .maxInputs = -1,
           .outputs = 0,
           .maxOutputs = -1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Runs a body again and again, carrying values from turn to turn."})

}  // namespace bireme::ops
