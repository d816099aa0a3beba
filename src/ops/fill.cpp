// SPDX-License-Identifier: Apache-2.0
#include "ops/fill.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/uniform.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static bool linspace(const Fill& op) { return op.operation == FillOperation::kLINSPACE; }

// alpha or beta of the attributes as T, a real or int64_t.
template <typename T>
static T attribute(const Fill& op, double v, int64_t exact) {
    if (op.integral) return static_cast<T>(exact);
    if constexpr (std::is_integral_v<T>) v = std::clamp(v, -0x1p62, 0x1p62);
    return static_cast<T>(v);
}
template <typename T>
static T alphaOf(const Fill& op) {
    return attribute<T>(op, op.alpha, op.alphaInt);
}
template <typename T>
static T betaOf(const Fill& op) {
    return attribute<T>(op, op.beta, op.betaInt);
}

// alpha and beta of a linspace as dims; nothing where they are real or unknown.
static bool integerParameters(const Fill& op, const ir::InferContext& c, DimVector& alpha,
                              DimVector& beta) {
    if (isReal(op.type)) return false;
    if (!c.has(1))
        alpha = {Dim(alphaOf<int64_t>(op))};
    else if (c.known(1))
        alpha = *c.known(1);
    if (!c.has(2))
        beta = {Dim(betaOf<int64_t>(op))};
    else if (c.known(2))
        beta = *c.known(2);
    return alpha.size() == 1 && !beta.empty();
}

static void inferKnown(const Fill& op, ir::InferContext& c) {
    DimVector alpha, beta;
    const DimVector& dims = c.out(0).dims;
    if (!linspace(op) || !allStatic(dims) || !integerParameters(op, c, alpha, beta)) return;
    if (volume(dims).value() > static_cast<int64_t>(ir::InferContext::kMaxKnown)) return;
    DimVector elements;
    std::vector<int64_t> index(dims.size(), 0), extents = staticValues(dims);
    for (int64_t i = 0; i < volume(dims).value(); ++i) {
        Dim v = alpha[0];
        for (size_t d = 0; d < index.size(); ++d)
            v += beta[beta.size() == 1 ? 0 : d] * Dim(index[d]);
        elements.push_back(v);
        ir::nextIndex(index, extents);
    }
    c.setKnown(0, std::move(elements));
}

static void infer(const Fill& op, ir::InferContext& c) {
    DimVector dims = listArgument(c, 0, op.shape, "dimensions", {0, INT32_MAX});
    for (const Dim& d : dims)
        c.require(!d.isStatic() || d.value() >= 0, "cannot fill shape ", text(dims));
    for (int i = 1; i < 3; ++i) {
        if (!c.has(i)) continue;
        Dim n = volume(c.in(i).dims);
        bool perDim = i == 2 && linspace(op) && n.is(static_cast<int64_t>(dims.size()));
        c.require(!n.isStatic() || n.is(1) || perDim, i == 1 ? "alpha" : "beta",
                  " of fill has shape ", text(c.in(i).dims));
    }
    c.require(!linspace(op) || c.has(2) || dims.size() <= 1 || betaOf<double>(op) == 0,
              "linspace of ", dims.size(), " dimensions needs one beta per dimension as an input");
    if (c.has(2) && linspace(op) && dims.size() > 1)
        c.require(!volume(c.in(2).dims).is(1), "linspace of ", dims.size(),
                  " dimensions needs one beta per dimension, got ", c.in(2).text());
    c.require(linspace(op) || isReal(op.type) || isInteger(op.type), "cannot draw random ",
              name(op.type));
    c.out(0) = {op.type, dims, {}, {}};
    inferKnown(op, c);
}

// alpha + sum(beta_d * index_d) in T.
template <typename T>
static void evalLinspace(ir::EvalContext& c, T alpha, std::vector<T> beta) {
    auto y = c.write<T>(0);
    beta.resize(c.outDims(0).size(), beta.empty() ? T{} : beta[0]);
    std::vector<int64_t> index(c.outDims(0).size(), 0);
    using Sum = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;  // integers wrap
    for (T& v : y) {
        auto sum = static_cast<Sum>(alpha);
        for (size_t d = 0; d < index.size(); ++d)
            sum += static_cast<Sum>(beta[d]) * static_cast<Sum>(index[d]);
        v = static_cast<T>(sum);
        ir::nextIndex(index, c.outDims(0));
    }
}

template <typename T>
static std::vector<T> numbers(ir::EvalContext& c, int i, T otherwise) {
    if (!c.has(i)) return {otherwise};
    auto v = c.read<T>(i);
    return {v.begin(), v.end()};
}

static void evalRandom(const Fill& op, ir::EvalContext& c) {
    double alpha = numbers<double>(c, 1, alphaOf<double>(op))[0];
    double beta = numbers<double>(c, 2, betaOf<double>(op))[0];
    Uniform uniform(op.seed);
    bool whole = !isReal(op.type);
    for (double& v : c.write<double>(0)) {
        if (op.operation == FillOperation::kRANDOM_UNIFORM) {
            v = alpha + (beta - alpha) * uniform();
        } else {  // Box and Muller
            double radius = std::sqrt(-2 * std::log(1 - uniform()));
            v = alpha + beta * radius * std::cos(2 * M_PI * uniform());
        }
        if (whole) v = std::floor(v);
    }
}

template <typename T>
static void evalAs(const Fill& op, ir::EvalContext& c) {
    evalLinspace<T>(c, numbers<T>(c, 1, alphaOf<T>(op))[0], numbers<T>(c, 2, betaOf<T>(op)));
}

static void eval(const Fill& op, ir::EvalContext& c) {
    if (!linspace(op)) return evalRandom(op, c);
    if (isReal(op.type)) return evalAs<double>(op, c);
    evalAs<int64_t>(op, c);
}

static bool deterministic(const Fill& op) { return linspace(op); }

BIREME_OP(fill, Fill,
          {.inputs = 0,
           .maxInputs = 3,
           .traits = ir::kNondeterministic,
           .infer = infer,
           .eval = eval,
           .deterministic = deterministic,
           .doc = "A linear sequence, or uniform or normal random numbers."})

}  // namespace bireme::ops
