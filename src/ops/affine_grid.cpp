// SPDX-License-Identifier: Apache-2.0
#include "ops/affine_grid.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"

namespace bireme::ops {

static void infer(const AffineGrid&, ir::InferContext& c) {
    const TensorDesc& theta = c.in(0);
    c.requireReal(0);
    DimVector size = listArgument(c, 1, {}, "extents of the grid", {1, INT32_MAX});
    size_t n = size.size();
    c.require((n == 4 || n == 5) && theta.rank() == 3,
              "a grid needs theta [N,2,3] and 4 extents, or [N,3,4] and 5; got ", theta.text(),
              " and ", n);
    auto axes = static_cast<int64_t>(n) - 2;
    c.require(theta.dims[1].valueOr(axes) == axes && theta.dims[2].valueOr(axes + 1) == axes + 1,
              "theta is ", theta.text(), ", expected [N,", axes, ",", axes + 1, "]");
    c.out(0).type = theta.type;
    c.out(0).dims = {size[0]};
    c.out(0).dims.insert(c.out(0).dims.end(), size.begin() + 2, size.end());
    c.out(0).dims.push_back(Dim(axes));
}

static void eval(const AffineGrid& op, ir::EvalContext& c) {
    std::vector<int64_t> dims(c.outDims(0).begin() + 1, c.outDims(0).end() - 1);
    size_t n = dims.size();
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto theta = c.read<T>(0);
        auto y = c.write<T>(0);
        size_t at = 0;
        for (size_t b = 0; at < y.size(); ++b) {
            std::vector<int64_t> index(n, 0);
            do {
                std::vector<double> p(n + 1, 1);  // innermost axis first, then the constant
                for (size_t d = 0; d < n; ++d) {
                    auto extent = static_cast<double>(dims[d]), i = static_cast<double>(index[d]);
                    p[n - 1 - d] = op.alignCorners ? (extent > 1 ? 2 * i / (extent - 1) - 1 : -1)
                                                   : (2 * i + 1) / extent - 1;
                }
                for (size_t r = 0; r < n; ++r) {
                    double sum = 0;
                    for (size_t k = 0; k <= n; ++k)
                        sum += static_cast<double>(theta[(b * n + r) * (n + 1) + k]) * p[k];
                    y[at++] = static_cast<T>(sum);
                }
            } while (ir::nextIndex(index, dims));
        }
    });
}

BIREME_OP(affine_grid, AffineGrid,
          {.inputs = 2, .infer = infer, .eval = eval, .doc = "Sampling grid of affine maps."})

}  // namespace bireme::ops
