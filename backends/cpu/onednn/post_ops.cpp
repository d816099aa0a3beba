// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/post_ops.h"

#include "base/text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bireme::cpu {

using dnnl::algorithm;
using dnnl::memory;
using ops::PointwiseFn;
using tactic::no;
using tactic::Support;
using tactic::yes;

namespace {

struct Eltwise {
    algorithm kind;
    float alpha, beta;
};

// A unary function as one elementwise post-op.
bool unaryPostOp(const EpilogueStep& s, Eltwise& e) {
    float p = s.alpha, q = s.beta;
    switch (s.fn) {
        case PointwiseFn::relu: e = {algorithm::eltwise_relu, 0, 0}; return true;
        case PointwiseFn::leaky_relu: e = {algorithm::eltwise_relu, p, 0}; return true;
        case PointwiseFn::elu:
        case PointwiseFn::selu: e = {algorithm::eltwise_elu, p, 0}; return true;  // selu: times q
        case PointwiseFn::clip: e = {algorithm::eltwise_clip, p, q}; return true;
        case PointwiseFn::sigmoid: e = {algorithm::eltwise_logistic, 0, 0}; return true;
        case PointwiseFn::tanh: e = {algorithm::eltwise_tanh, 0, 0}; return true;
        case PointwiseFn::exp: e = {algorithm::eltwise_exp, 0, 0}; return true;
        case PointwiseFn::log: e = {algorithm::eltwise_log, 0, 0}; return true;
        case PointwiseFn::abs: e = {algorithm::eltwise_abs, 0, 0}; return true;
        case PointwiseFn::sqrt: e = {algorithm::eltwise_sqrt, 0, 0}; return true;
        case PointwiseFn::neg: e = {algorithm::eltwise_linear, -1, 0}; return true;
        case PointwiseFn::hard_sigmoid: e = {algorithm::eltwise_hardsigmoid, p, q}; return true;
        case PointwiseFn::hard_swish:
            e = {algorithm::eltwise_hardswish, 1.f / 6, 0.5f};
            return true;
        case PointwiseFn::swish: e = {algorithm::eltwise_swish, p, 0}; return true;
        case PointwiseFn::gelu_erf: e = {algorithm::eltwise_gelu_erf, 0, 0}; return true;
        case PointwiseFn::gelu_tanh: e = {algorithm::eltwise_gelu_tanh, 0, 0}; return true;
        case PointwiseFn::mish: e = {algorithm::eltwise_mish, 0, 0}; return true;
        case PointwiseFn::round: e = {algorithm::eltwise_round, 0, 0}; return true;
        default: return false;
    }
}

// The running value combined with a number, as one elementwise post-op.
bool scalarPostOp(const EpilogueStep& s, Eltwise& e) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    float c = s.scalar;
    switch (s.fn) {
        case PointwiseFn::sum: e = {algorithm::eltwise_linear, 1, c}; return true;
        case PointwiseFn::prod: e = {algorithm::eltwise_linear, c, 0}; return true;
        case PointwiseFn::sub:
            e = s.through == 0 ? Eltwise{algorithm::eltwise_linear, 1, -c}
                               : Eltwise{algorithm::eltwise_linear, -1, c};
            return true;
        case PointwiseFn::div:
            e = s.through == 0 ? Eltwise{algorithm::eltwise_linear, 1 / c, 0}
                               : Eltwise{algorithm::eltwise_pow, c, -1};
            return s.through == 0 && c != 0;
        case PointwiseFn::max: e = {algorithm::eltwise_clip, c, inf}; return true;
        case PointwiseFn::min: e = {algorithm::eltwise_clip, -inf, c}; return true;
        case PointwiseFn::prelu: e = {algorithm::eltwise_relu, c, 0}; return s.through == 0;
        default: return false;
    }
}

bool binaryPostOp(const EpilogueStep& s, algorithm& kind) {
    switch (s.fn) {
        case PointwiseFn::sum: kind = algorithm::binary_add; return true;
        case PointwiseFn::prod: kind = algorithm::binary_mul; return true;
        case PointwiseFn::max: kind = algorithm::binary_max; return true;
        case PointwiseFn::min: kind = algorithm::binary_min; return true;
        case PointwiseFn::sub:
            kind = algorithm::binary_sub;
            return true;  // negated first when it is the second operand
        case PointwiseFn::div: kind = algorithm::binary_div; return s.through == 0;
        default: return false;
    }
}

bool isCopy(const EpilogueStep& s) {
    return s.fn == PointwiseFn::copy || s.fn == PointwiseFn::cast;
}

bool slopesFollow(const EpilogueStep& s) {
    return s.fn == PointwiseFn::prelu && s.other >= 0 && s.through == 0;
}

// Slopes as the library wants them: one after the other.
memory::desc slopes(const memory::desc& d, memory::data_type type) {
    const memory::dims dims = d.get_dims();
    return {dims, type, Format::linear().stridesFor(dims)};
}

}  // namespace

bool hasSlopes(const Epilogue& e) {
    return std::any_of(e.steps.begin(), e.steps.end(), slopesFollow);
}

Support postOpsSupport(const tactic::Query& q, const Epilogue& e, int channels) {
    Eltwise unused;
    algorithm kind;
    if (e.steps.size() > 12) return no("the epilogue is too long for oneDNN");
    for (const EpilogueStep& s : e.steps) {
        if (slopesFollow(s)) {
            if (channels < 0 || !isPerChannel(q.in(s.other).dims, q.out(0).dims, channels))
                return no("the slopes of a PReLU are not per channel");
            continue;
        }
        bool ok = isCopy(s) || (s.unary()     ? unaryPostOp(s, unused)
                                : s.hasScalar ? scalarPostOp(s, unused)
                                              : binaryPostOp(s, kind));
        if (!ok) return no(cat(ops::name(s.fn), " is not a post-op of oneDNN"));
    }
    return yes();
}

namespace {

// Elementwise post-ops in a row: two linear ones are one, where its factors are numbers like
// theirs.
class Chain {
public:
    void add(const Eltwise& f) {
        if (f.kind != algorithm::eltwise_linear) {
            ops().append_eltwise(f.kind, f.alpha, f.beta);
            return;
        }
        if (waits_) {
            const float alpha = linear_.alpha * f.alpha, beta = linear_.beta * f.alpha + f.beta;
            if (std::isnormal(alpha) && std::isfinite(beta)) {
                linear_ = {f.kind, alpha, beta};
                return;
            }
            ops();
        }
        linear_ = f;
        waits_ = true;
    }
    dnnl::post_ops& ops() {  // with all that was added
        if (std::exchange(waits_, false))
            ops_.append_eltwise(linear_.kind, linear_.alpha, linear_.beta);
        return ops_;
    }

private:
    dnnl::post_ops ops_;
    Eltwise linear_{};
    bool waits_ = false;  // linear_ is not appended yet
};

}  // namespace

PostOps::PostOps(const Epilogue& e, OperandDesc operandDesc, const void* context, int sumInput) {
    Chain chain;
    for (const EpilogueStep& s : e.steps) {
        Eltwise f{};
        if (isCopy(s)) continue;
        if (s.unary() ? unaryPostOp(s, f) : (s.hasScalar && scalarPostOp(s, f))) {
            chain.add(f);
            if (s.fn == PointwiseFn::selu) chain.add({algorithm::eltwise_linear, s.beta, 0});
            continue;
        }
        if (s.other == sumInput && s.fn == PointwiseFn::sum) {
            chain.ops().append_sum(1.f);
            continue;
        }
        auto desc = operandDesc(context, s);
        if (slopesFollow(s)) {
            arguments_.push_back(
                {DNNL_ARG_ATTR_MULTIPLE_POST_OP(chain.ops().len()) | DNNL_ARG_WEIGHTS, s.other,
                 slopes(desc, desc.get_data_type()), slopes(desc, memory::data_type::f32)});
            chain.ops().append_prelu(1 << 1);
            continue;
        }
        algorithm kind = algorithm::undef;
        BIREME_ASSERT(binaryPostOp(s, kind));
        if (s.fn == PointwiseFn::sub && s.through == 1) {  // b - x = -x + b
            chain.add({algorithm::eltwise_linear, -1, 0});
            kind = algorithm::binary_add;
        }
        arguments_.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(chain.ops().len()) | DNNL_ARG_SRC_1,
                              s.other, desc, desc});
        chain.ops().append_binary(kind, desc);
    }
    attributes_.set_post_ops(chain.ops());
    attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
}

void PostOps::addArguments(PrimitiveBound& bound) const {
    for (const Argument& a : arguments_)
        bound.addReordered(a.number, a.have, a.want, ArgSource::input(a.input));
}

}  // namespace bireme::cpu
