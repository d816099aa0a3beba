// SPDX-License-Identifier: Apache-2.0
#include "passes/support/pointwise.h"

#include <cmath>

namespace bireme::passes {

bool isCommutative(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::sum:
        case PointwiseFn::prod:
        case PointwiseFn::max:
        case PointwiseFn::min:
        case PointwiseFn::logical_and:
        case PointwiseFn::logical_or:
        case PointwiseFn::logical_xor:
        case PointwiseFn::equal:
        case PointwiseFn::bitwise_and:
        case PointwiseFn::bitwise_or:
        case PointwiseFn::bitwise_xor: return true;
        default: return false;
    }
}

ir::Pattern pw(PointwiseFn fn, const char* name) {
    auto isFn = [](const ir::Op& op, int64_t wanted) {
        return static_cast<int64_t>(op.as<Pointwise>()->fn) == wanted;
    };
    ir::Pattern p = ir::op<Pointwise>(name).where(isFn, static_cast<int64_t>(fn));
    return isCommutative(fn) ? std::move(p).either() : p;
}

const Pointwise* pointwiseOf(const ir::Graph& g, ir::ValueId v, PointwiseFn fn) {
    const ir::Node* n = v == ir::kNoValue ? nullptr : g.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    return p && p->fn == fn ? p : nullptr;
}

ir::Op pointwiseOp(PointwiseFn fn, float alpha, float beta) {
    Pointwise p;
    p.fn = fn;
    p.alpha = alpha;
    p.beta = beta;
    return ir::Op::of(p);
}

static constexpr size_t kMaxFactors = 6;
static constexpr size_t kMaxNodes = 24;  // of a formula; a chain of products may have thousands

static void gather(ir::Edit& e, ir::ValueId v, bool first, Factors& f) {
    if (auto number = e.splat(v)) {
        f.scale *= *number;
        return;
    }
    const ir::Node* n = e.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    bool open = p && (first || e.isSingle(v)) && f.values.size() < kMaxFactors &&
                f.nodes.size() < kMaxNodes;
    auto divisor = open && p->fn == PointwiseFn::div ? e.splat(n->inputs[1]) : std::nullopt;
    auto power = open && p->fn == PointwiseFn::pow ? e.splat(n->inputs[1]) : std::nullopt;
    if (open && p->fn == PointwiseFn::prod) {
        f.nodes.push_back(n->id);
        gather(e, n->inputs[0], false, f);
        gather(e, n->inputs[1], false, f);
    } else if (open && p->fn == PointwiseFn::neg) {
        f.nodes.push_back(n->id);
        f.scale = -f.scale;
        gather(e, n->inputs[0], false, f);
    } else if (divisor) {
        f.nodes.push_back(n->id);
        f.scale /= *divisor;
        gather(e, n->inputs[0], false, f);
    } else if (power && (*power == 2 || *power == 3)) {
        f.nodes.push_back(n->id);
        f.values.insert(f.values.end(), static_cast<size_t>(*power), n->inputs[0]);
    } else {
        f.values.push_back(v);
    }
}

Factors factorsOf(ir::Edit& e, ir::ValueId v) {
    Factors f;
    gather(e, v, true, f);
    return f;
}

bool isScaled(ir::Edit& e, ir::ValueId v, ir::ValueId x, double scale) {
    if (v == x) return near(scale, 1);
    Factors f = factorsOf(e, v);
    return f.values.size() == 1 && f.values[0] == x &&
           near(f.scale, scale, roundingOf(e.desc(v).type));
}

double roundingOf(DataType type) {
    return type == DataType::kHALF ? 1e-3 : type == DataType::kBF16 ? 8e-3 : 1e-4;
}

bool near(double a, double b, double relative) { return std::abs(a - b) <= relative * std::abs(b); }

ir::Outcome replaceRootByUnary(ir::Edit& e, PointwiseFn fn, ir::ValueId x, float alpha, float beta,
                               const char* what) {
    const TensorDesc& out = e.desc(e.root().outputs[0]);
    if (out.dims != e.desc(x).dims || !isReal(out.type)) return ir::no("");
    return e.replaceRoot(e.add(pointwiseOp(fn, alpha, beta), {x}), what);
}

}  // namespace bireme::passes
