// SPDX-License-Identifier: Apache-2.0
#include "ops/matrix_multiply.h"
#include "ops/transpose.h"
#include "passes/rules.h"

namespace bireme::passes {

namespace {

// Does the permutation swap the last two dims and nothing else?
bool swapsLastTwo(const ops::Transpose& t, int rank) {
    if (rank < 2) return false;
    if (t.permutation.empty()) return rank == 2;
    for (int i = 0; i < rank; ++i) {
        int64_t from = t.permutation[static_cast<size_t>(i)];
        if (from < 0) from += rank;
        if (from != (i == rank - 1 ? rank - 2 : i == rank - 2 ? rank - 1 : i)) return false;
    }
    return true;
}

MatrixOperation flipped(MatrixOperation op) {
    return op == MatrixOperation::kNONE ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;
}

// matmul(transpose(a), b) => matmul<opA transposed>(a, b), and the same for b
struct FoldTranspose final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::MatrixMultiply>().in(ir::any("a"), ir::any("b"));
    }
    Outcome apply(Edit& e, const Match&) const override {
        ops::MatrixMultiply op = *e.root().op.as<ops::MatrixMultiply>();
        std::vector<ir::ValueId> in = e.root().inputs;
        bool any = false;
        for (size_t i = 0; i < 2; ++i) {
            MatrixOperation& mode = i == 0 ? op.opA : op.opB;
            const ir::Node* n = e.producer(in[i]);
            const auto* t = n ? n->op.as<ops::Transpose>() : nullptr;
            if (!t || mode == MatrixOperation::kVECTOR || !ir::isInternal(e.graph(), in[i]))
                continue;
            if (!swapsLastTwo(*t, e.desc(in[i]).rank())) continue;
            e.consumes(n->id);
            in[i] = n->inputs[0];
            mode = flipped(mode);
            any = true;
        }
        if (!any) return no("");
        return e.replaceRoot(e.add(ir::Op::of(op), in),
                             "the transpose became a mode of the product");
    }
};

const FoldTranspose foldTranspose;

}  // namespace

BIREME_PASS(fold_transpose_into_matrix_multiply,
            "matmul(transpose(a), b) => matmul<transposed>(a, b)") {
    applyRules(run, {&foldTranspose});
}

}  // namespace bireme::passes
