// SPDX-License-Identifier: Apache-2.0
#include "passes/support/permutation.h"

namespace bireme::passes {

std::vector<int64_t> permutationOf(const ops::Transpose& t, int rank) {
    std::vector<int64_t> p = t.permutation;
    for (int i = rank; p.size() < static_cast<size_t>(rank);) p.push_back(--i);
    for (int64_t& i : p) i = i < 0 ? i + rank : i;
    return p;
}

ir::ValueId permuted(ir::Edit& e, ir::ValueId constant, const std::vector<int64_t>& permutation) {
    std::vector<int64_t> dims = staticValues(e.desc(constant).dims), out;
    dims.insert(dims.begin(), permutation.size() - dims.size(), 1);
    size_t extents = 0;
    for (int64_t p : permutation) out.push_back(dims[static_cast<size_t>(p)]);
    for (int64_t d : dims) extents += d != 1;
    if (extents == 0) return constant;
    if (extents == 1) return e.viewOfConstant(constant, out);
    return e.add(ir::Op::of(ops::Transpose{permutation}), {e.viewOfConstant(constant, dims)});
}

}  // namespace bireme::passes
