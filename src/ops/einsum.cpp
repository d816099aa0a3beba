// SPDX-License-Identifier: Apache-2.0
#include "ops/einsum.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/einsum_equation.h"
#include "ops/support/einsum_product.h"

#include <map>

namespace bireme::ops {

static void infer(const Einsum& op, ir::InferContext& c) {
    std::vector<int> ranks;
    for (int i = 0; i < c.inputs(); ++i) {
        ranks.push_back(c.in(i).rank());
        c.requireSameType(0, i);
    }
    c.require(c.in(0).type != DataType::kBOOL, "an Einstein sum of bool");
    EinsumEquation e = parseEinsum(op.equation, ranks);
    std::map<char, Dim> extents;
    for (size_t i = 0; i < e.operands.size(); ++i)
        for (size_t k = 0; k < e.operands[i].size(); ++k) {
            char label = e.operands[i][k];
            const Dim& d = c.in(static_cast<int>(i)).dims[k];
            auto [it, fresh] = extents.try_emplace(label, d);
            if (fresh) continue;
            Dim& known = it->second;
            c.require(!known.isStatic() || !d.isStatic() || known == d || known.is(1) || d.is(1),
                      "label ", label, " has extents ", known.text(), " and ", d.text());
            known = broadcast(known, d);
        }
    c.out(0).type = c.in(0).type;
    for (char label : e.output) c.out(0).dims.push_back(extents.at(label));
}

namespace {

// The loops: one axis per label, output labels first; strides of each operand over them.
struct Loops {
    std::vector<int64_t> outer, inner;
    std::vector<std::vector<int64_t>> outerStrides, innerStrides;  // by operand
};

void addStrides(const std::string& operand, const std::vector<int64_t>& dims,
                const std::string& labels, std::vector<int64_t>& extents,
                std::vector<int64_t>& strides) {
    auto own = ir::rowMajorStrides(dims);
    strides.assign(labels.size(), 0);
    for (size_t k = 0; k < operand.size(); ++k) {
        size_t at = labels.find(operand[k]);
        if (at == std::string::npos || dims[k] == 1) continue;
        strides[at] += own[k];  // a label that stands twice walks the diagonal
        extents[at] = dims[k];
    }
}

Loops makeLoops(const EinsumEquation& e, const ir::EvalContext& c) {
    Loops l;
    l.outer.assign(e.output.size(), 1), l.inner.assign(e.summed.size(), 1);
    l.outerStrides.resize(e.operands.size()), l.innerStrides.resize(e.operands.size());
    for (size_t i = 0; i < e.operands.size(); ++i) {
        const auto& dims = c.dims(static_cast<int>(i));
        addStrides(e.operands[i], dims, e.output, l.outer, l.outerStrides[i]);
        addStrides(e.operands[i], dims, e.summed, l.inner, l.innerStrides[i]);
    }
    return l;
}

int64_t dot(const std::vector<int64_t>& index, const std::vector<int64_t>& strides) {
    int64_t at = 0;
    for (size_t d = 0; d < index.size(); ++d) at += index[d] * strides[d];
    return at;
}

template <typename T>
T sumOfProducts(const Loops& l, const std::vector<const T*>& base, std::vector<int64_t>& index) {
    T sum = 0;
    std::fill(index.begin(), index.end(), 0);
    for (int64_t n = ir::elementCount(l.inner); n > 0; --n) {
        T product = 1;
        for (size_t i = 0; i < base.size(); ++i) product *= base[i][dot(index, l.innerStrides[i])];
        sum += product;
        ir::nextIndex(index, l.inner);
    }
    return sum;
}

}  // namespace

static void eval(const Einsum& op, ir::EvalContext& c) {
    std::vector<int> ranks;
    for (int i = 0; i < c.inputs(); ++i) ranks.push_back(c.rank(i));
    Loops l = makeLoops(parseEinsum(op.equation, ranks), c);
    c.compute(c.type(0), [&](auto t) {
        using T = decltype(t);
        std::vector<const T*> data, base;
        for (int i = 0; i < c.inputs(); ++i) data.push_back(c.read<T>(i).data());
        base = data;
        auto y = c.write<T>(0);
        std::vector<int64_t> outer(l.outer.size(), 0), inner(l.inner.size(), 0);
        for (size_t e = 0; e < y.size(); ++e, ir::nextIndex(outer, l.outer)) {
            for (size_t i = 0; i < data.size(); ++i)
                base[i] = data[i] + dot(outer, l.outerStrides[i]);
            y[e] = sumOfProducts(l, base, inner);
        }
    });
}

static Dim operations(const Einsum& op, const ir::Work& w) {
    std::vector<int> ranks;
    for (int i = 0; i < w.inputs(); ++i) ranks.push_back(static_cast<int>(w.in(i).size()));
    const EinsumEquation e = parseEinsum(op.equation, ranks);
    Dim n = Dim(std::max(1, 2 * (w.inputs() - 1))) * volume(w.out());
    for (char label : e.summed)
        for (size_t i = 0; i < e.operands.size(); ++i)
            if (size_t at = e.operands[i].find(label); at != std::string::npos) {
                n *= w.in(static_cast<int>(i))[at];
                break;
            }
    return n;
}

BIREME_OP(einsum, Einsum,
          {.inputs = 1,
           .maxInputs = -1,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .decompose = einsumAsProduct,
           .operations = operations,
           .doc = "Einstein summation."})

}  // namespace bireme::ops
