// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/matmul.h"

#include "backends/cuda/chain/record.h"
#include "base/text.h"
#include "ops/matrix_multiply.h"

namespace bireme::cuda::dnn {

using tactic::no;
using tactic::Support;
using tactic::yes;

void Product::save(ByteWriter& out) const {
    putInts<int64_t>(out, {a, b, transposed, static_cast<int64_t>(type),
                           static_cast<int64_t>(outputType), deterministic});
    putSteps(out, steps);
}

Product Product::load(ByteReader& in) {
    Product p;
    auto v = getInts(in);
    if (v.size() != 6) in.corrupt("a product's record is too short");
    p.a = static_cast<int>(v[0]), p.b = static_cast<int>(v[1]), p.transposed = v[2] != 0;
    p.type = static_cast<DataType>(v[3]), p.outputType = static_cast<DataType>(v[4]);
    p.deterministic = v[5] != 0;
    p.steps = getSteps(in);
    return p;
}

Graph Product::graph(const device::Shapes& shapes) const {
    using Kind = Source::Kind;
    const auto& x = shapes.inputs.at(static_cast<size_t>(a)).dims;
    const auto& w = shapes.inputs.at(static_cast<size_t>(b)).dims;
    int64_t k = x.back(), m = k > 0 ? product(x) / k : 0;
    int64_t n = transposed ? w[w.size() - 2] : w.back();
    Graph g;
    g.spec.anchor = Anchor::matmul;
    g.spec.deterministic = deterministic;
    g.add({type, {1, m, k}, {m * k, k, 1}}, {Kind::input, a});
    g.add({type, {1, k, n}, {k * n, transposed ? 1 : n, transposed ? k : 1}}, {Kind::input, b});
    for (const ChainStep& s : steps) {
        Step step{s.fn, s.alpha, s.beta, s.through, -1};
        if (s.input >= 0) {
            const auto& t = shapes.inputs.at(static_cast<size_t>(s.input));
            int64_t count = product(t.dims);
            Operand o{t.type, {1, 1, n}, {n, n, 1}};
            if (count == 1) o = {t.type, {1, 1, 1}, {1, 1, 1}};
            if (count == m * n && m > 1) o = {t.type, {1, m, n}, {m * n, n, 1}};
            step.operand = g.add(std::move(o), {Kind::input, s.input});
        }
        g.spec.steps.push_back(step);
    }
    g.add({outputType, {1, m, n}, {m * n, n, 1}}, {Kind::output, 0});
    return g;
}

Support readProduct(const tactic::Query& q, Product& p) {
    const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
    if (!op) return no("the anchor is no product of matrices");
    if (Support s = readChain(q, p.steps); !s.ok) return s;
    p.a = q.group().anchorInput(0), p.b = q.group().anchorInput(1);
    if (p.a < 0 || p.b < 0) return no("an operand is computed inside the group");
    if (op->opA != MatrixOperation::kNONE || op->opB == MatrixOperation::kVECTOR)
        return no("the first factor is transposed, or a factor is a vector");
    const DimVector& w = q.in(p.b).dims;
    for (size_t d = 0; d + 2 < w.size(); ++d)
        if (!w[d].is(1)) return no("the second factor is a batch");
    p.transposed = op->opB == MatrixOperation::kTRANSPOSE;
    p.type = q.in(p.a).type, p.outputType = q.out(0).type;
    if (!isSmallReal(p.type)) return no("factors are neither f16 nor bf16");
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).type != p.type) return no("operands of several types");
    if (!isFloat(p.outputType)) return no(cat("no result of type ", name(p.outputType)));
    int last = q.out(0).rank() - 1;
    for (const ChainStep& s : p.steps) {
        if (!knowsFunction(s.fn)) return no(cat("cuDNN has no function ", ops::name(s.fn)));
        if (s.fn == ops::PointwiseFn::softplus && s.alpha != 1)
            return no("cuDNN's softplus has no factor");
        if (s.input < 0) continue;
        const DimVector& d = q.in(s.input).dims;
        bool fits = d == q.out(0).dims || isPerElementOf(d, q.out(0).dims, last);
        if (!fits && !isSplat(q, s.input)) return no("an operand of the chain broadcasts partly");
    }
    p.deterministic = q.flags.deterministic;
    return yes();
}

}  // namespace bireme::cuda::dnn
