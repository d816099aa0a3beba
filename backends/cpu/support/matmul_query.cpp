// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/matmul_query.h"

#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cpu {

void ConstantProduct::save(ByteWriter& out) const {
    putInts(out, {input, bias, n, k, static_cast<int64_t>(type)});
    epilogue.save(out);
}

ConstantProduct ConstantProduct::load(ByteReader& in) {
    ConstantProduct p;
    auto v = getInts(in);
    if (v.size() != 5 || v[2] < 1 || v[3] < 1) in.corrupt("a matrix product has five numbers");
    p.input = static_cast<int>(v[0]), p.bias = static_cast<int>(v[1]), p.n = v[2], p.k = v[3];
    p.type = static_cast<DataType>(v[4]);
    if (p.type != DataType::kFLOAT && p.type != DataType::kBF16)
        in.corrupt("a matrix product of an unknown type");
    p.epilogue = Epilogue::load(in);
    return p;
}

int columnDim(const tactic::Query& q) {
    const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
    return op->opB == MatrixOperation::kVECTOR ? -1 : q.out(0).rank() - 1;
}

bool secondIsTransposed(const tactic::Query& q) {
    return q.group().anchorAs<ops::MatrixMultiply>()->opB == MatrixOperation::kTRANSPOSE;
}

static bool perColumn(const tactic::Query& q, int i) {
    return columnDim(q) >= 0 && isPerChannel(q.in(i).dims, q.out(0).dims, columnDim(q));
}

static void foldBias(const tactic::Query& q, ConstantProduct& p) {
    if (p.epilogue.steps.empty() || p.n == 1) return;
    const EpilogueStep& s = p.epilogue.steps[0];
    if (s.fn != ops::PointwiseFn::sum || s.other < 0 || !perColumn(q, s.other)) return;
    p.bias = s.other;
    p.epilogue.steps.erase(p.epilogue.steps.begin());
}

Support readConstantProduct(const tactic::Query& q, ConstantProduct& p,
                            std::vector<int>& consumed) {
    const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
    if (!op) return no("the anchor is not a matrix product");
    if (q.outputs() != 1) return no("more than one output");
    const auto type = onlyType(q);
    if (!type || !multiplies(*type))
        return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
    p.type = *type;
    if (lacksElements(q)) return no("an operand has no elements");
    p.input = q.group().anchorInput(0);
    const int second = q.group().anchorInput(1);
    if (p.input < 0) return no("the first operand is computed inside the group");
    if (second < 0 || !q.constant(second)) return no("the second operand is not constant");
    if (op->opA == MatrixOperation::kTRANSPOSE) return no("the first operand is transposed");
    auto b = staticValues(q.in(second).dims);
    size_t matrixRank = op->opB == MatrixOperation::kVECTOR ? 1 : 2;
    if (b.size() < matrixRank || product(b) == 0) return no("the second operand is empty");
    if (b.size() > std::max<size_t>(matrixRank, q.in(p.input).dims.size()))
        return no("the second operand has more dimensions than the first");
    for (size_t i = 0; i + matrixRank < b.size(); ++i)
        if (b[i] != 1) return no("the second operand is a batch of matrices");
    p.k = matrixRank == 1 || secondIsTransposed(q) ? b.back() : b[b.size() - 2];
    p.n = product(b) / p.k;
    if (Support s = readEpilogue(q, p.epilogue, &consumed); !s.ok) return s;
    foldBias(q, p);
    for (const EpilogueStep& s : p.epilogue.steps)
        if (s.other >= 0 && !(q.in(s.other).dims == q.out(0).dims) && !perColumn(q, s.other))
            return no("an operand of the epilogue is neither full-sized nor per column");
    return yes();
}

}  // namespace bireme::cpu
