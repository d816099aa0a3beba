// SPDX-License-Identifier: Apache-2.0
#include "ops/scan.h"

#include "ir/interpret.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/bodies.h"

#include <algorithm>
#include <cstring>

namespace bireme::ops {

static int64_t at(const std::vector<int64_t>& list, size_t i) { return list.empty() ? 0 : list[i]; }

static void check(const Scan& op, const ir::InferContext& c, size_t stacks) {
    auto fits = [](const std::vector<int64_t>& v, size_t n) { return v.empty() || v.size() == n; };
    auto m = static_cast<size_t>(op.sequences);
    c.require(fits(op.inputAxes, m) && fits(op.inputBackward, m) && fits(op.outputAxes, stacks) &&
                  fits(op.outputBackward, stacks),
              "axes and directions of a scan do not fit its ", m, " sequences and ", stacks,
              " stacked values");
}

static void infer(const Scan& op, ir::InferContext& c) {
    c.require(c.bodies().size() == 1, "a scan has one body, not ", c.bodies().size());
    const ir::Graph& body = c.bodies()[0];
    c.require(op.states >= 0 && op.sequences >= 1 && c.outputs() >= op.states &&
                  c.inputs() >= op.states + op.sequences &&
                  body.inputs().size() == static_cast<size_t>(c.inputs()) &&
                  body.outputs().size() == static_cast<size_t>(c.outputs()),
              "the body has ", body.inputs().size(), " inputs and ", body.outputs().size(),
              " outputs, the scan ", c.inputs(), " and ", c.outputs());
    auto n = static_cast<size_t>(op.states);
    check(op, c, static_cast<size_t>(c.outputs()) - n);
    std::vector<BodyInput> inputs;
    Dim length;
    for (int i = 0; i < c.inputs(); ++i) {
        inputs.push_back(passed(c, i));
        if (i >= op.states + op.sequences) continue;
        inputs.back().known.reset(), inputs.back().constant = nullptr;
        if (i < op.states) continue;
        auto k = static_cast<size_t>(i - op.states);
        DimVector& dims = inputs.back().desc.dims;
        int axis = c.axis(at(op.inputAxes, k), static_cast<int>(dims.size()));
        length = k == 0 ? dims[static_cast<size_t>(axis)]
                        : agree(c, length, dims[static_cast<size_t>(axis)], "lengths of a scan");
        dims.erase(dims.begin() + axis);
    }
    ir::Graph g = inferBodyOn(body, inputs);
    for (int i = 0; i < c.outputs(); ++i) {
        const TensorDesc& d = g.value(g.outputs()[static_cast<size_t>(i)]).desc;
        c.out(i).type = d.type;
        for (int k = 0; k < d.rank(); ++k) {
            const Dim& e = d.dims[static_cast<size_t>(k)];
            c.out(i).dims.push_back(isKnownOutside(g, e) ? e : c.stepExtent(i, k, Dim(INT64_MAX)));
        }
        if (i < op.states) {
            c.require(c.in(i).type == d.type && c.in(i).rank() == d.rank(), "state ", i, " is ",
                      c.in(i).text(), " before a step and ", d.text(), " after it");
            continue;
        }
        auto k = static_cast<size_t>(i - op.states);
        c.out(i).dims.insert(c.out(i).dims.begin() + c.axis(at(op.outputAxes, k), d.rank() + 1),
                             length);
    }
}

// Slice `index` of a tensor along an axis, which goes away.
static ir::Tensor sliceOf(const ir::Tensor& t, int64_t axis, int64_t index) {
    AxisView view(t.dims, axis);
    ir::Tensor s{t.type, t.dims, {}};
    s.dims.erase(s.dims.begin() + axis);
    std::vector<uint8_t> bytes(bytesFor(t.type, s.count()));
    size_t row = bytesFor(t.type, view.inner);
    for (int64_t o = 0; o < view.outer; ++o)
        std::memcpy(bytes.data() + static_cast<size_t>(o) * row,
                    static_cast<const uint8_t*>(t.bytes.data()) +
                        static_cast<size_t>(o * view.extent + index) * row,
                    row);
    s.bytes = Blob::own(std::move(bytes));
    return s;
}

static void eval(const Scan& op, ir::EvalContext& c) {
    auto n = static_cast<size_t>(op.states), m = static_cast<size_t>(op.sequences);
    std::vector<ir::Tensor> all;
    for (int i = 0; i < c.inputs(); ++i) all.push_back(inputTensor(c, i));
    std::vector<int64_t> axes;
    for (size_t k = 0; k < m; ++k) {
        int64_t axis = at(op.inputAxes, k);
        axes.push_back(axis < 0 ? axis + static_cast<int64_t>(all[n + k].dims.size()) : axis);
    }
    int64_t length = all[n].dims[static_cast<size_t>(axes[0])];
    std::vector<std::vector<ir::Tensor>> stacks(static_cast<size_t>(c.outputs()) - n);
    std::vector<ir::Tensor> inputs = all;
    for (int64_t t = 0; t < length; ++t) {
        for (size_t k = 0; k < m; ++k) {
            c.require(all[n + k].dims[static_cast<size_t>(axes[k])] == length,
                      "the sequences of a scan have different lengths");
            inputs[n + k] =
                sliceOf(all[n + k], axes[k], at(op.inputBackward, k) ? length - 1 - t : t);
        }
        auto results = ir::interpret(c.bodies()[0], inputs);
        for (size_t i = 0; i < n; ++i) inputs[i] = results[i];
        for (size_t i = 0; i < stacks.size(); ++i) stacks[i].push_back(results[n + i]);
    }
    for (size_t i = 0; i < n; ++i) giveTensor(c, static_cast<int>(i), inputs[i]);
    for (size_t i = 0; i < stacks.size(); ++i) {
        int out = static_cast<int>(n + i);
        if (at(op.outputBackward, i)) std::reverse(stacks[i].begin(), stacks[i].end());
        ir::Tensor empty{c.outType(out), c.outDims(out), {}};
        int64_t axis = at(op.outputAxes, i);
        if (axis < 0) axis += static_cast<int64_t>(empty.dims.size());
        empty.dims.erase(empty.dims.begin() + axis);
        for (int64_t& d : empty.dims) d = std::max<int64_t>(d, 0);
        giveTensor(c, out, stacked(stacks[i], axis, empty));
    }
}

BIREME_OP(scan, Scan,
          {.inputs = 1,
           .maxInputs = -1,
           .outputs = 1,
           .maxOutputs = -1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Runs a body once for every slice of its sequences."})

}  // namespace bireme::ops
