// SPDX-License-Identifier: Apache-2.0
#include "ops/support/einsum_product.h"

#include "ops/matrix_multiply.h"
#include "ops/reshape.h"
#include "ops/support/einsum_equation.h"
#include "ops/transpose.h"

#include <algorithm>
#include <set>

namespace bireme::ops {

namespace {

bool has(const std::string& labels, char l) { return labels.find(l) != std::string::npos; }

bool isDistinct(const std::string& labels) {
    return std::set<char>(labels.begin(), labels.end()).size() == labels.size();
}

ir::ValueId permuted(ir::DecomposeContext& c, ir::ValueId x, const std::string& from,
                     const std::string& to) {
    if (from == to) return x;
    Transpose t;
    for (char l : to) t.permutation.push_back(static_cast<int64_t>(from.find(l)));
    return c.add(ir::Op::of(t), {x});
}

// What the labels stand for: stacked in both operands and the result, free in one of them, summed.
struct Product {
    std::string a, b, out;
    std::string batch, freeA, freeB, summed;
    std::map<char, Dim> extents;

    // False where a matrix product cannot say it.
    bool read(const EinsumEquation& e, const TensorDesc& x, const TensorDesc& y) {
        a = e.operands[0], b = e.operands[1], out = e.output;
        if (!isDistinct(a) || !isDistinct(b) || !isDistinct(out)) return false;
        for (size_t i = 0; i < a.size(); ++i) extents[a[i]] = x.dims[i];
        for (size_t i = 0; i < b.size(); ++i) {
            auto [it, fresh] = extents.try_emplace(b[i], y.dims[i]);
            if (!fresh && !(it->second == y.dims[i]))
                return false;  // broadcast, or not known to fit
        }
        for (char l : out)
            if (!has(a, l) && !has(b, l)) return false;
        for (char l : out) (has(a, l) && has(b, l) ? batch : has(a, l) ? freeA : freeB) += l;
        for (char l : a)
            if (!has(out, l)) summed += l;
        auto sumsAlone = [&](char l) { return !has(out, l) && !(has(a, l) && has(b, l)); };
        if (std::any_of(a.begin(), a.end(), sumsAlone)) return false;
        return std::none_of(b.begin(), b.end(), sumsAlone) && canReshape();
    }

    // The extent of several labels as one of a reshape; -1 when only running tells.
    int64_t merged(const std::string& labels) const {
        int64_t n = 1;
        for (char l : labels) {
            const Dim& d = extents.at(l);
            if (!d.isStatic()) return -1;
            n *= d.value();
        }
        return n;
    }

    // A reshape infers one extent at most.
    bool canReshape() const {
        int open = 0;
        for (char l : freeA + freeB) open += extents.at(l).isStatic() ? 0 : 1;
        int left = merged(freeA) < 0, right = merged(freeB) < 0, both = merged(summed) < 0;
        return open <= 1 && left + both <= 1 && right + both <= 1;
    }

    ir::ValueId reshaped(ir::DecomposeContext& c, ir::ValueId x,
                         const std::vector<int64_t>& behindBatch) const {
        Reshape r;
        r.shape.assign(batch.size(), 0);  // copied
        r.shape.insert(r.shape.end(), behindBatch.begin(), behindBatch.end());
        return c.add(ir::Op::of(r), {x});
    }

    ir::ValueId build(ir::DecomposeContext& c) const {
        ir::ValueId x = permuted(c, c.in(0), a, batch + freeA + summed);
        if (freeA.size() != 1 || summed.size() != 1)
            x = reshaped(c, x, {merged(freeA), merged(summed)});
        ir::ValueId y = permuted(c, c.in(1), b, batch + summed + freeB);
        if (freeB.size() != 1 || summed.size() != 1)
            y = reshaped(c, y, {merged(summed), merged(freeB)});
        ir::ValueId z = c.add(ir::Op::of(MatrixMultiply{}), {x, y});
        if (freeA.size() != 1 || freeB.size() != 1) {
            std::vector<int64_t> split;
            for (char l : freeA + freeB) split.push_back(extents.at(l).valueOr(-1));
            z = reshaped(c, z, split);
        }
        return permuted(c, z, batch + freeA + freeB, out);
    }
};

// An extent of 0 in a reshape means: copied.
bool hasEmpty(const TensorDesc& d) {
    return std::any_of(d.dims.begin(), d.dims.end(), [](const Dim& x) { return x.is(0); });
}

}  // namespace

bool isTransposeOrProduct(const EinsumEquation& e, const std::vector<TensorDesc>& operands) {
    const auto& o = e.operands;
    if (!std::all_of(o.begin(), o.end(), isDistinct) || !isDistinct(e.output)) return false;
    if (o.size() == 1) return o[0].size() == e.output.size() && o[0] != e.output;
    if (o.size() != 2 || !isReal(operands[0].type)) return false;
    for (size_t i = 0; i < 2; ++i)
        for (size_t k = 0; k < o[i].size(); ++k) {
            const char l = o[i][k];
            const bool both = has(o[1 - i], l);
            if (!both && !has(e.output, l)) return false;  // summed in one operand alone
            if (both && !(operands[i].dims[k] == operands[1 - i].dims[o[1 - i].find(l)]))
                return false;
        }
    return true;
}

bool einsumAsProduct(const Einsum& op, ir::DecomposeContext& c) {
    size_t operands = c.node().inputs.size();
    std::vector<int> ranks;
    for (size_t i = 0; i < operands; ++i) {
        ranks.push_back(c.desc(static_cast<int>(i)).rank());
        if (hasEmpty(c.desc(static_cast<int>(i)))) return false;
    }
    EinsumEquation e = parseEinsum(op.equation, ranks);
    if (operands == 1) {
        const std::string& a = e.operands[0];
        if (!isDistinct(a) || !isDistinct(e.output) || a.size() != e.output.size()) return false;
        if (a == e.output) return false;
        c.replace(0, permuted(c, c.in(0), a, e.output));
        return true;
    }
    Product p;
    if (operands != 2 || !isReal(c.desc(0).type) || !p.read(e, c.desc(0), c.desc(1))) return false;
    c.replace(0, p.build(c));
    return true;
}

}  // namespace bireme::ops
