// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "passes/rules.h"
#include "passes/support/permutation.h"
#include "passes/support/pointwise.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// f(transpose(y), transpose(z), c) => transpose(f(y, z, c moved))      y made by a convolution, or
// by functions of one; c constants, or broadcast (gates of channels): the function can then run
// with the convolution
struct MoveOverPointwise final : Rule {
    Pattern pattern() const override { return ir::op<Pointwise>(); }
    Outcome apply(Edit& e, const Match&) const override {
        const DimVector out = e.desc(e.root().outputs[0]).dims;
        const auto rank = static_cast<int>(out.size());
        std::vector<int64_t> p;
        std::vector<ir::ValueId> in = e.root().inputs;
        bool wanted = false;
        for (ir::ValueId& v : in) {
            if (e.isConstant(v)) {
                if (!isLine(e.desc(v).dims)) return no("a constant is not one number per channel");
                continue;
            }
            const ir::Node* turned = e.producer(v);
            if (isBroadcast(e.desc(v).dims, out)) continue;
            if (!turned || !turned->op.is<ops::Transpose>() || !e.isSingle(v) ||
                !(e.desc(v).dims == out))
                return no("");
            auto order = permutationOf(*turned->op.as<ops::Transpose>(), rank);
            if (!p.empty() && p != order) return no("its operands are transposed in two ways");
            p = order;
            v = turned->inputs[0];
            wanted = wanted || isWanted(e, v);
            e.consumes(turned->id);
        }
        if (!wanted) return no("");
        std::vector<int64_t> inverse(p.size());
        for (size_t d = 0; d < p.size(); ++d)
            inverse[static_cast<size_t>(p[d])] = static_cast<int64_t>(d);
        for (size_t i = 0; i < in.size(); ++i) {
            if (e.isConstant(in[i])) {
                in[i] = permuted(e, in[i], inverse);
            } else if (in[i] == e.root().inputs[i]) {
                if (!movesOnes(e.desc(in[i]).dims, inverse))
                    return no("an operand that is broadcast would need a transpose of its own");
                in[i] = e.add(ir::Op::of(ops::Transpose{inverse}), {in[i]});
            }
        }
        const ir::Op op = e.root().op;
        ir::ValueId y = e.add(op, in);
        y = e.add(ir::Op::of(ops::Transpose{p}), {y});
        if (!(e.desc(y).dims == out)) return no("");
        return e.replaceRoot(y, "the transpose stands behind it");
    }

private:
    // Larger constants would stop what follows from running with the convolution.
    static bool isLine(const DimVector& dims) {
        return std::count_if(dims.begin(), dims.end(), [](const Dim& d) { return !d.is(1); }) <= 1;
    }
    // Gates of channels: of the result's rank, and smaller.
    static bool isBroadcast(const DimVector& dims, const DimVector& out) {
        if (dims.size() != out.size() || dims == out) return false;
        for (size_t d = 0; d < dims.size(); ++d)
            if (!dims[d].is(1) && !(dims[d] == out[d])) return false;
        return true;
    }
    // Does the order move extents of 1 alone, so that the transpose is a reshape?
    static bool movesOnes(const DimVector& dims, const std::vector<int64_t>& order) {
        int64_t last = -1;
        for (int64_t d : order) {
            if (dims[static_cast<size_t>(d)].is(1)) continue;
            if (d < last) return false;
            last = d;
        }
        return true;
    }
    static bool isWanted(const Edit& e, ir::ValueId v) {
        const ir::Node* n = e.producer(v);
        return n && (n->op.is<ops::Convolution>() || n->op.is<ops::Deconvolution>() ||
                     n->op.is<Pointwise>());
    }
};

const MoveOverPointwise moveOverPointwise;

}  // namespace

BIREME_PASS(move_transpose_over_pointwise,
            "f(transpose(convolution(x)), c) => transpose(f(convolution(x), c))") {
    applyRules(run, {&moveOverPointwise});
}

}  // namespace bireme::passes
