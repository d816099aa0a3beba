// SPDX-License-Identifier: Apache-2.0
#include "ops/support/recurrent.h"

#include <optional>

namespace bireme::ops {

namespace {

struct Known {
    const char* name;
    PointwiseFn fn;
    bool affine;
    std::optional<float> alpha, beta;  // defaults; none: the function has no such parameter
};

constexpr Known kKnown[] = {
    {"relu", PointwiseFn::relu, false, {}, {}},
    {"tanh", PointwiseFn::tanh, false, {}, {}},
    {"sigmoid", PointwiseFn::sigmoid, false, {}, {}},
    {"softsign", PointwiseFn::softsign, false, {}, {}},
    {"affine", PointwiseFn::copy, true, 1.f, 0.f},
    {"leakyrelu", PointwiseFn::leaky_relu, false, 0.01f, {}},
    {"thresholdedrelu", PointwiseFn::thresholded_relu, false, 1.f, {}},
    {"scaledtanh", PointwiseFn::scaled_tanh, false, 1.f, 1.f},
    {"hardsigmoid", PointwiseFn::hard_sigmoid, false, 0.2f, 0.5f},
    {"elu", PointwiseFn::elu, false, 1.f, {}},
    {"softplus", PointwiseFn::softplus, false, {}, {}},
};

const Known& find(const std::string& name) {
    std::string lower;
    for (char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const Known& k : kKnown)
        if (lower == k.name) return k;
    failInvalid(cat("no activation is called \"", name, "\""));
}

void checkDims(const ir::InferContext& c, int i, const char* what, const DimVector& want) {
    if (!c.has(i)) return;
    const DimVector& have = c.in(i).dims;
    bool fits = have.size() == want.size();
    for (size_t k = 0; fits && k < have.size(); ++k)
        fits = have[k] == want[k] || !have[k].isStatic() || !want[k].isStatic();
    c.require(fits, what, " must be ", text(want), ", it is ", text(have));
}

}  // namespace

std::vector<RecurrentActivation> recurrentActivations(const RecurrentAttributes& a) {
    bool own = trim(a.activations).empty();
    auto names = split(own ? a.defaults : a.activations, ',');
    size_t each = split(a.defaults, ',').size(), want = each * static_cast<size_t>(a.directions());
    if (own && want > each) {
        names.resize(want);
        std::copy_n(names.begin(), each, names.begin() + static_cast<int64_t>(each));
    }
    if (names.size() != want)
        failInvalid(cat("there are ", names.size(), " activations, expected ", want));
    std::vector<RecurrentActivation> out;
    size_t alphas = 0, betas = 0;  // values are consumed by the functions that have the parameter
    for (const auto& n : names) {
        const Known& k = find(std::string(trim(n)));
        RecurrentActivation f{k.affine, k.fn, k.alpha.value_or(0), k.beta.value_or(0)};
        if (k.fn == PointwiseFn::softplus) f.alpha = f.beta = 1;
        if (k.alpha && alphas < a.alpha.size()) f.alpha = a.alpha[alphas++];
        if (k.beta && betas < a.beta.size()) f.beta = a.beta[betas++];
        out.push_back(f);
    }
    return out;
}

void inferRecurrent(const RecurrentAttributes& a, ir::InferContext& c) {
    c.requireReal(0);
    c.requireSameType(0, 1);
    c.requireSameType(0, 2);
    c.require(
        a.direction == "forward" || a.direction == "reverse" || a.direction == "bidirectional",
        "no direction is called \"", a.direction, "\"");
    c.require(a.layout == 0 || a.layout == 1, "the layout is ", a.layout, ", not 0 or 1");
    c.require(a.clip >= 0, "the clip is ", a.clip, ", it must not be negative");
    c.require(c.in(0).rank() == 3 && c.in(1).rank() == 3 && c.in(2).rank() == 3,
              "X, W and R must have three dimensions");
    recurrentActivations(a);
    const DimVector &x = c.in(0).dims, &r = c.in(2).dims;
    Dim hidden = a.hiddenSize ? Dim(a.hiddenSize) : r[2], directions(a.directions()),
        rows = Dim(a.gates) * hidden;
    c.require(!hidden.isStatic() || hidden.value() > 0, "the hidden size is ", hidden.text());
    Dim steps = x[a.layout ? 1 : 0], batch = x[a.layout ? 0 : 1];
    checkDims(c, 1, "W", {directions, rows, x[2]});
    checkDims(c, 2, "R", {directions, rows, hidden});
    checkDims(c, 3, "B", {directions, Dim(2) * rows});
    checkDims(c, 4, "the sequence lengths", {batch});
    DimVector state =
        a.layout ? DimVector{batch, directions, hidden} : DimVector{directions, batch, hidden};
    checkDims(c, 5, "the initial hidden state", state);
    if (a.states == 2) {
        checkDims(c, 6, "the initial cell state", state);
        checkDims(c, 7, "the peephole weights", {directions, Dim(3) * hidden});
    }
    if (c.has(4))
        c.require(isInteger(c.in(4).type), "the sequence lengths must be integers, they are ",
                  bireme::name(c.in(4).type));
    for (int i = 3; i < c.inputs(); ++i)
        if (i != 4 && c.has(i)) c.requireSameType(0, i);
    c.require(c.outputs() <= 1 + a.states, "there are ", c.outputs(), " outputs, at most ",
              1 + a.states);
    for (int i = 0; i < c.outputs(); ++i) c.out(i).type = c.in(0).type, c.out(i).dims = state;
    c.out(0).dims = a.layout ? DimVector{batch, steps, directions, hidden}
                             : DimVector{steps, directions, batch, hidden};
}

RecurrentShape::RecurrentShape(const RecurrentAttributes& a, const ir::EvalContext& c)
    : steps(c.dims(0)[a.layout ? 1 : 0]),
      batch(c.dims(0)[a.layout ? 0 : 1]),
      input(c.dims(0)[2]),
      hidden(c.dims(2)[2]),
      directions(a.directions()),
      layout(a.layout) {}

}  // namespace bireme::ops
