// SPDX-License-Identifier: Apache-2.0
// Sums over windows and neighbours, and products in types that have no library.
#include "backends/cuda/support/each.h"
#include "backends/cuda/support/late.h"
#include "ir/eval.h"
#include "ops/column_to_image.h"
#include "ops/deconvolution.h"
#include "ops/dft.h"
#include "ops/lrn.h"
#include "ops/matrix_multiply.h"
#include "ops/stft.h"
#include "ops/support/axis_view.h"
#include "ops/support/sliding_window.h"

namespace bireme::cuda {

static const char* const kFile = "window.cu";

static Support oneType(const tactic::Query& q, const ir::Node& node, size_t operands,
                       std::vector<std::string>& options) {
    DataType t = operandType(q, node, 0);
    options = {typeOption("TX", t)};
    for (size_t k = 1; k < operands; ++k)
        if (hasOperand(node, k) && operandType(q, node, k) != t)
            return no("operands of several types");
    return yes();
}

static Support readDeconvolution(const tactic::Query& q, const ir::Node& node,
                                 std::vector<std::string>& options) {
    return oneType(q, node, 3, options);
}

static void layDeconvolution(const ir::Op& node, const EachShapes& s, size_t, Each& e) {
    const auto& op = *node.as<ops::Deconvolution>();
    const auto &x = s.in(0), &w = s.in(1);
    ops::WindowAttributes a = ops::WindowAttributes::of(op);
    a.outputPadding = &op.outputPadding;
    ops::WindowGrid g(
        ops::deconvolutionAxes(a, ops::spatialDims(toDims(x)), ops::spatialDims(toDims(w))));
    e.count = static_cast<uint32_t>(product(s.out(0)));
    e.n[0] = x[1] / op.groups, e.n[1] = w[1], e.n[2] = op.groups;
    size_t at = 8;
    for (const auto* t : {&g.input, &g.window, &g.output, &g.before, &g.stride, &g.dilation}) {
        putSteps(e, at, {t->begin(), t->end()});
        at += 3;
    }
}

static Support readLrn(const tactic::Query& q, const ir::Node& node,
                       std::vector<std::string>& options) {
    return oneType(q, node, 1, options);
}

static void layLrn(const ir::Op& node, const EachShapes& s, size_t, Each& e) {
    const auto& op = *node.as<ops::Lrn>();
    ops::AxisView v(s.in(0), 1);
    e.count = static_cast<uint32_t>(product(s.in(0)));
    putSteps(e, 0, {v.extent, v.inner, (op.window - 1) / 2, op.window / 2});
    e.f[0] = op.alpha, e.f[1] = op.beta, e.f[2] = op.k, e.f[3] = static_cast<float>(op.window);
}

static Support readColumns(const tactic::Query& q, const ir::Node& node,
                           std::vector<std::string>& options) {
    if (q.out(0).rank() > 8) return no("more than 6 axes");
    return oneType(q, node, 1, options);
}

static void layColumns(const ir::Op& node, const EachShapes& s, size_t, Each& e) {
    const auto& op = *node.as<ops::ColumnToImage>();
    auto image = s.list(1), block = s.list(2);
    size_t n = image.size();
    auto at = [](const std::vector<int64_t>& v, size_t i, int64_t missing) {
        return v.empty() ? missing : v[i];
    };
    e.count = static_cast<uint32_t>(product(s.out(0)));
    e.n[0] = static_cast<int64_t>(n), e.n[1] = product(block), e.n[2] = 1;
    for (size_t d = 0; d < n; ++d) {
        int64_t stride = at(op.strides, d, 1), dilation = at(op.dilations, d, 1);
        int64_t before = at(op.pads, d, 0), after = at(op.pads, d + n, 0);
        int64_t blocks = (image[d] + before + after - (dilation * (block[d] - 1) + 1)) / stride + 1;
        const int64_t numbers[] = {image[d], block[d], blocks, stride, before, dilation};
        for (size_t k = 0; k < 6; ++k) e.n[8 + 6 * k + d] = numbers[k];
        e.n[2] *= blocks;
    }
    if (e.n[2] != s.in(0)[2])
        failInvalid(cat("the image has ", e.n[2], " blocks, the input ", s.in(0)[2], " columns"));
}

static Support readDft(const tactic::Query& q, const ir::Node& node,
                       std::vector<std::string>& options) {
    int axis = hasOperand(node, 2) ? q.group().inputIndex(node.inputs[2]) : -1;
    if (hasOperand(node, 2) && (axis < 0 || !q.constant(axis))) return no("the axis is data");
    return oneType(q, node, 1, options);
}

static void layDft(const ir::Op& node, const EachShapes& s, size_t, Each& e) {
    const auto& op = *node.as<ops::Dft>();
    const auto &x = s.in(0), &y = s.out(0);
    int64_t axis = s.has(2) ? s.list(2).at(0) : op.axis;
    ops::AxisView in(x, axis), out(y, axis);
    bool mirrored = op.onesided && op.inverse;
    int64_t length = s.has(1) ? s.list(1).at(0) : mirrored ? 2 * (in.extent - 1) : in.extent;
    e.count = static_cast<uint32_t>(product(y) / y.back());
    putSteps(e, 0,
             {in.extent, in.inner / x.back(), x.back(), y.back(), length, out.extent,
              mirrored ? 1 : 0, op.inverse ? 1 : 0});
}

// An axis that is data: what it is decides the extents.
static Support readLateDft(const tactic::Query& q, const ir::Node& node, DeviceProgram& program) {
    std::vector<std::string> options;
    if (readDft(q, node, options).ok) return no("the axis is known");
    const Support s = oneType(q, node, 1, options);
    if (s.ok) program = programOf(kFile, options);
    return s;
}

static std::vector<int64_t> lateDftExtents(const ir::Op& node, const EachShapes& s) {
    const auto& op = *node.as<ops::Dft>();
    std::vector<int64_t> dims = s.in(0);
    const auto rank = static_cast<int64_t>(dims.size());
    int64_t axis = s.list(2).at(0);
    if (axis < -rank || axis >= rank || axis + (axis < 0 ? rank : 0) == rank - 1)
        failInvalid(
            cat("a tensor of ", rank, " dimensions cannot be transformed along axis ", axis));
    int64_t& extent = dims[static_cast<size_t>(axis + (axis < 0 ? rank : 0))];
    const int64_t n = s.has(1)                    ? s.list(1).at(0)
                      : op.onesided && op.inverse ? 2 * (extent - 1)
                                                  : extent;
    if (n < 1) failInvalid(cat("the length is ", n));
    extent = op.onesided && !op.inverse ? n / 2 + 1 : n;
    dims.back() = op.onesided && op.inverse ? 1 : 2;
    return dims;
}

static std::unique_ptr<device::Bound> bindLateDft(const ir::Op& op, const EachShapes& s,
                                                  const device::Shapes&, const Code& code) {
    Each e;
    layDft(op, s, 0, e);
    return eachBound(code, "dft", e, {s.inputOf(0)});
}

static Support readStft(const tactic::Query& q, const ir::Node& node,
                        std::vector<std::string>& options) {
    options = {typeOption("TX", operandType(q, node, 0))};
    if (hasOperand(node, 2) && operandType(q, node, 2) != operandType(q, node, 0))
        return no("operands of several types");
    return yes();
}

static void layStft(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    const auto &x = s.in(0), &y = s.out(0);
    const int64_t length = s.has(3) ? s.list(3).at(0) : s.in(2).at(0);
    if (s.has(2) && s.in(2).at(0) != length)
        failInvalid("the window has another length than the frame");
    e.count = static_cast<uint32_t>(product(y) / 2);
    putSteps(e, 0, {x[1], x[2], y[1], y[2], s.list(1).at(0), length});
}

static Support readProduct(const tactic::Query& q, const ir::Node& node,
                           std::vector<std::string>& options) {
    if (isFloat(operandType(q, node, 0))) return no("other kernels multiply f32, f16 and bf16");
    return oneType(q, node, 2, options);
}

// Steps of one factor: of its outer dim (rows of the first, columns of the second) and its inner.
static void layFactor(const std::vector<int64_t>& dims, MatrixOperation op, bool first,
                      const std::vector<int64_t>& batch, Each& e) {
    bool vector = op == MatrixOperation::kVECTOR, turned = op == MatrixOperation::kTRANSPOSE;
    int64_t last = dims.back(), innerStep = 1, outerStep = vector ? 0 : last;
    int64_t inner = last, outer = vector ? 1 : dims[dims.size() - 2];
    if (!vector && turned == first) std::swap(inner, outer), std::swap(innerStep, outerStep);
    e.n[1] = inner;
    e.n[first ? 0 : 2] = outer;
    e.n[first ? 3 : 6] = outerStep, e.n[first ? 4 : 5] = innerStep;
    auto steps = ir::broadcastStrides({dims.begin(), dims.end() - (vector ? 1 : 2)}, batch);
    for (int64_t& v : steps) v *= inner * outer;
    putSteps(e, first ? 16 : 24, steps);
}

static void layProduct(const ir::Op& node, const EachShapes& s, size_t, Each& e) {
    const auto& op = *node.as<ops::MatrixMultiply>();
    const auto& y = s.out(0);
    int64_t matrix =
        (op.opA == MatrixOperation::kVECTOR ? 0 : 1) + (op.opB == MatrixOperation::kVECTOR ? 0 : 1);
    std::vector<int64_t> batch(y.begin(), y.end() - matrix);
    e.count = static_cast<uint32_t>(product(y));
    layFactor(s.in(0), op.opA, true, batch, e);
    layFactor(s.in(1), op.opB, false, batch, e);
    e.n[7] = static_cast<int64_t>(batch.size());
    putSteps(e, 8, batch);
}

void registerKernel_window_each(tactic::Catalog& catalog) {
    for (const EachOp& op : std::initializer_list<EachOp>{
             {"cuda.deconvolution.each",
              "deconvolution",
              kFile,
              readDeconvolution,
              layDeconvolution,
              {"deconvolution"}},
             {"cuda.lrn.each", "lrn", kFile, readLrn, layLrn, {"lrn"}},
             {"cuda.column_to_image.each",
              "column_to_image",
              kFile,
              readColumns,
              layColumns,
              {"column_to_image"}},
             {"cuda.dft.each", "dft", kFile, readDft, layDft, {"dft"}},
             {"cuda.stft.each", "stft", kFile, readStft, layStft, {"stft"}},
             {"cuda.matrix_multiply.each",
              "matrix_multiply",
              kFile,
              readProduct,
              layProduct,
              {"product"}}})
        catalog.add(eachFactory(op));
    catalog.add(
        lateFactory({"cuda.dft.late", "dft", {1, 2}, readLateDft, lateDftExtents, bindLateDft}));
}

}  // namespace bireme::cuda
