// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cublaslt/group.h"

#include "backends/cuda/chain/chain.h"
#include "backends/cuda/chain/record.h"
#include "base/text.h"
#include "ops/convolution.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cuda::lt {

using ops::PointwiseFn;
void ProductGroup::save(ByteWriter& out) const {
    putInts<int64_t>(
        out, {convolution, vectorA, vectorB, a, b, bias, residual, packedColumns, packedDepth});
    putInts<int64_t>(
        out, {static_cast<int64_t>(spec.type), static_cast<int64_t>(spec.outputType),
              spec.transposeA, spec.transposeB, static_cast<int64_t>(spec.activation), spec.tf32});
    out.put(spec.alpha);
}

ProductGroup ProductGroup::load(ByteReader& in) {
    ProductGroup g;
    auto v = getInts(in), s = getInts(in);
    if (v.size() != 9 || s.size() != 6) in.corrupt("a matrix product's record is too short");
    g.convolution = v[0] != 0, g.vectorA = v[1] != 0, g.vectorB = v[2] != 0;
    g.a = static_cast<int>(v[3]), g.b = static_cast<int>(v[4]);
    g.bias = static_cast<int>(v[5]), g.residual = static_cast<int>(v[6]);
    g.packedColumns = v[7], g.packedDepth = v[8];
    if (g.packedColumns < 0 || g.packedDepth < 0) in.corrupt("a packed operand of no size");
    if (s[4] < 0 || s[4] > 2) in.corrupt("unknown activation");
    g.spec.type = static_cast<DataType>(s[0]), g.spec.outputType = static_cast<DataType>(s[1]);
    g.spec.transposeA = s[2] != 0, g.spec.transposeB = s[3] != 0;
    g.spec.activation = static_cast<Activation>(s[4]), g.spec.tf32 = s[5] != 0;
    g.spec.bias = g.bias >= 0, g.spec.residual = g.residual >= 0;
    g.spec.alpha = in.get<float>();
    return g;
}

ProductSpec ProductGroup::at(const device::Shapes& shapes) const {
    ProductSpec s = spec;
    auto da = shapes.inputs.at(static_cast<size_t>(a)).dims;
    auto db = packed() ? std::vector<int64_t>{packedColumns, packedDepth}
                       : shapes.inputs.at(static_cast<size_t>(b)).dims;
    if (convolution) {
        s.n = db[0], s.k = db[1];
        s.m = s.k > 0 ? product(da) / s.k : 0;
        return s;
    }
    if (vectorA) da.insert(da.end() - 1, 1);
    if (vectorB) db.insert(db.end() - 1, 1);
    s.m = s.transposeA ? da.back() : da[da.size() - 2];
    s.k = s.transposeA ? da[da.size() - 2] : da.back();
    s.n = s.transposeB ? db[db.size() - 2] : db.back();
    da.resize(da.size() - 2);
    db.resize(db.size() - 2);
    int64_t batchA = product(da), batchB = product(db);
    if (batchB == 1 && !s.transposeA) {
        s.m *= batchA;
        return s;
    }
    if (batchA != batchB && batchA != 1 && batchB != 1)
        fail(ErrorCode::kUNSUPPORTED_STATE, "batches that broadcast against each other");
    s.batch = std::max(batchA, batchB);
    s.strideA = batchA == 1 ? 0 : s.m * s.k;
    s.strideB = batchB == 1 ? 0 : s.k * s.n;
    return s;
}

static bool allOne(const DimVector& dims) {
    return std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.is(1); });
}

static Support readMatrixMultiply(const tactic::Query& q, const ops::MatrixMultiply& op,
                                  ProductGroup& g) {
    g.vectorA = op.opA == MatrixOperation::kVECTOR;
    g.vectorB = op.opB == MatrixOperation::kVECTOR;
    g.spec.transposeA = op.opA == MatrixOperation::kTRANSPOSE;
    g.spec.transposeB = op.opB == MatrixOperation::kTRANSPOSE || g.vectorB;
    DimVector a = q.in(g.a).dims, b = q.in(g.b).dims;
    a.resize(a.size() - (g.vectorA ? 1 : 2));
    b.resize(b.size() - (g.vectorB ? 1 : 2));
    if (!allOne(a) && !allOne(b) && !(a == b)) return no("batches that broadcast partly");
    return yes();
}

static Support readPointConvolution(const tactic::Query& q, const ops::Convolution& op,
                                    ProductGroup& g) {
    auto all = [](const std::vector<int64_t>& v, int64_t is) {
        return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x == is; });
    };
    const DimVector& kernel = q.in(g.b).dims;
    for (size_t i = 2; i < kernel.size(); ++i)
        if (!kernel[i].is(1)) return no("the convolution's window is not one pixel");
    if (op.groups != 1 || !all(op.stride, 1) || !all(op.prePadding, 0) || !all(op.postPadding, 0))
        return no("a convolution with strides, padding or groups");
    if (kernel.size() < 3) return no("a convolution without spatial dims");
    g.convolution = true;
    g.spec.transposeB = true;  // the kernel is [maps, channels]
    g.bias = q.group().anchorInput(2);
    const auto& inputs = q.group().anchor()->inputs;
    if (inputs.size() > 2 && inputs[2] != ir::kNoValue && g.bias < 0)
        return no("the bias is computed inside the group");
    return yes();
}

// alpha, then sums, then an activation: what the library does behind a product.
static Support readStep(const tactic::Query& q, const ChainStep& s, bool first, ProductGroup& g) {
    int columns = g.convolution ? 1 : q.out(0).rank() - 1;
    bool scales = s.fn == PointwiseFn::prod || (s.fn == PointwiseFn::div && s.through == 0);
    if (g.spec.activation != Activation::none) return no("a function follows the activation");
    if (scales && first && g.bias < 0 && isSplat(q, s.input)) {
        float value = 1;
        g.factor = s.input;
        if (splatValue(q, s.input, value))
            g.spec.alpha = s.fn == PointwiseFn::prod ? value : 1 / value;
        return yes();
    }
    if (s.fn == PointwiseFn::relu) return g.spec.activation = Activation::relu, yes();
    if (s.fn == PointwiseFn::gelu_tanh) return g.spec.activation = Activation::geluTanh, yes();
    if (s.fn != PointwiseFn::sum)
        return no(cat("cuBLASLt does no ", ops::name(s.fn), " behind a product"));
    if (g.bias < 0 && !g.vectorB && isPerElementOf(q.in(s.input).dims, q.out(0).dims, columns))
        return g.bias = s.input, yes();
    if (g.residual < 0 && q.in(s.input).dims == q.out(0).dims) return g.residual = s.input, yes();
    return no("a sum that is neither a bias nor the one residual");
}

static Support typesSupport(const tactic::Query& q, ProductGroup& g) {
    g.spec.type = q.in(g.a).type, g.spec.outputType = q.out(0).type;
    DataType t = g.spec.type;
    if (t != DataType::kFLOAT && t != DataType::kHALF && t != DataType::kBF16)
        return no(cat("no products of type ", name(t)));
    if (g.spec.outputType != t && !(g.spec.outputType == DataType::kFLOAT && g.bias < 0))
        return no(cat("no result of type ", name(g.spec.outputType)));
    if (q.in(g.b).type != t || (g.bias >= 0 && q.in(g.bias).type != t))
        return no("operands of several types");
    if (g.residual >= 0 && q.in(g.residual).type != g.spec.outputType)
        return no("the residual's type is not the result's");
    return yes();
}

Support readProduct(const tactic::Query& q, ProductGroup& g) {
    const auto* product = q.group().anchorAs<ops::MatrixMultiply>();
    const auto* convolution = q.group().anchorAs<ops::Convolution>();
    if (!product && !convolution) return no("the anchor is no matrix product");
    g.a = q.group().anchorInput(0), g.b = q.group().anchorInput(1);
    if (g.a < 0 || g.b < 0) return no("an operand is computed inside the group");
    std::vector<ChainStep> steps;
    if (Support s = readChain(q, steps); !s.ok) return s;
    if (Support s =
            product ? readMatrixMultiply(q, *product, g) : readPointConvolution(q, *convolution, g);
        !s.ok)
        return s;
    g.spec.tf32 = q.flags.tf32;
    for (size_t i = 0; i < steps.size(); ++i)
        if (Support s = readStep(q, steps[i], i == 0, g); !s.ok) return s;
    if (g.convolution && g.residual >= 0 && q.constant(g.residual))
        return no("a constant residual lies row by row, the convolution's result channels-last");
    g.spec.bias = g.bias >= 0, g.spec.residual = g.residual >= 0;
    return typesSupport(q, g);
}

void packB(const tactic::Query& q, ProductGroup& g) {
    const TensorDesc& b = q.in(g.b);
    if (q.isStatic() || g.convolution || g.vectorB || g.spec.transposeA || g.spec.transposeB ||
        !q.constant(g.b) || !allStatic(b.dims) || b.rank() < 2)
        return;
    const auto dims = staticValues(b.dims);
    const int64_t depth = dims[dims.size() - 2], columns = dims.back();
    if (product(dims) != depth * columns || product(dims) == 0) return;
    g.packedColumns = columns, g.packedDepth = depth;
    g.spec.transposeB = true;
}

}  // namespace bireme::cuda::lt
