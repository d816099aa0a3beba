// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/packed_product.h"

#include "backends/cuda/support/pack.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cuda {

int64_t PackedProduct::columns() const {
    return convolution || transposed ? kernel[convolution ? 0 : kernel.size() - 2] : kernel.back();
}

int64_t PackedProduct::windowWidth() const {
    return pairs ? (kernel.back() + lead + 1) / 2 * 2 : kernel.back();
}

int64_t PackedProduct::depth() const {
    if (piece > 0) return (product(kernel) / columns() + 7) / 8 * 8;
    if (!pairs) return product(kernel) / columns();
    return product(kernel) / columns() / kernel[1] / kernel.back() * windowWidth() * 4;
}

int64_t PackedProduct::rows(const device::Shapes& shapes) const {
    return product(shapes.outputs.at(0).dims) / columns();
}

void PackedProduct::save(ByteWriter& out) const {
    putAttributes(out, op);
    putInts(out, kernel);
    putInts(out, operands);
    putInts<int64_t>(
        out, {convolution, windows, transposed, input, weights, residual, pairs, lead, piece});
}

PackedProduct PackedProduct::load(ByteReader& in) {
    PackedProduct p;
    p.op = getAttributes<ops::Convolution>(in);
    p.kernel = getInts(in);
    for (int64_t i : getInts(in)) p.operands.push_back(static_cast<int>(i));
    auto v = getInts(in);
    if (v.size() == 8) v.push_back(0);  // of an engine that knows no patches
    if (v.size() != 9 || p.kernel.size() < (v[0] ? 3u : 2u) ||
        p.operands.size() > kVectorOperands ||
        std::any_of(p.kernel.begin(), p.kernel.end(), [](int64_t d) { return d < 1; }))
        in.corrupt("a product's record");
    p.convolution = v[0] != 0, p.windows = v[1] != 0, p.transposed = v[2] != 0;
    p.input = static_cast<int>(v[3]), p.weights = static_cast<int>(v[4]);
    p.residual = static_cast<int>(v[5]);
    p.pairs = v[6] != 0, p.lead = v[7], p.piece = v[8];
    if (p.lead < 0 || p.lead > 1) in.corrupt("a window's lead");
    if (p.piece != 0 && (p.piece < 2 || p.piece > 8 || p.kernel.size() != 4))
        in.corrupt("the piece of a patch");
    return p;
}

static Support readConvolution(const ops::Convolution& op, PackedProduct& p) {
    p.convolution = true;
    p.op = op;
    if (op.groups != 1) return no("a convolution with groups");
    if (p.kernel.size() < 3 || p.kernel.size() > 4) return no("neither a line nor a plane");
    auto all = [](auto begin, auto end, int64_t is) {
        return std::all_of(begin, end, [&](int64_t x) { return x == is; });
    };
    p.windows = !all(p.kernel.begin() + 2, p.kernel.end(), 1) ||
                !all(op.stride.begin(), op.stride.end(), 1) ||
                !all(op.prePadding.begin(), op.prePadding.end(), 0) ||
                !all(op.postPadding.begin(), op.postPadding.end(), 0);
    return yes();
}

static Support readMatrixMultiply(const tactic::Query& q, const ops::MatrixMultiply& op,
                                  PackedProduct& p) {
    if (op.opA != MatrixOperation::kNONE || op.opB == MatrixOperation::kVECTOR)
        return no("the rows do not lie as rows");
    if (p.kernel.size() < 2 || q.in(p.input).rank() < 2) return no("an operand is a vector");
    if (product(p.kernel) != p.kernel.back() * p.kernel[p.kernel.size() - 2])
        return no("several matrices of weights");
    if (q.in(p.input).rank() < static_cast<int>(p.kernel.size()))
        return no("the weights have more dims than the rows");
    p.transposed = op.opB == MatrixOperation::kTRANSPOSE;
    return yes();
}

Support readPackedProduct(const tactic::Query& q, PackedProduct& p, VectorEpilogue& chain,
                          std::vector<int>& consumed) {
    const auto* convolution = q.group().anchorAs<ops::Convolution>();
    const auto* product = q.group().anchorAs<ops::MatrixMultiply>();
    if (!convolution && !product) return no("the anchor is no product");
    p.input = q.group().anchorInput(0), p.weights = q.group().anchorInput(1);
    if (p.input < 0 || p.weights < 0 || !q.constant(p.weights))
        return no("the weights are not constant");
    if (!allStatic(q.in(p.weights).dims)) return no("the weights have unknown extents");
    p.kernel = staticValues(q.in(p.weights).dims);
    if (std::find(p.kernel.begin(), p.kernel.end(), 0) != p.kernel.end())
        return no("the weights have no elements");
    Support s = convolution ? readConvolution(*convolution, p) : readMatrixMultiply(q, *product, p);
    if (!s.ok) return s;
    if (s = operandsFit(q); !s.ok) return s;
    if (!isFloat(q.in(p.input).type) || q.in(p.weights).type != q.in(p.input).type)
        return no("operands are not f32, f16 or bf16 alike");
    auto rank = static_cast<size_t>(q.out(0).rank());
    s = writeVectorEpilogue(q, p.convolution ? 1 : rank - 1, chain, consumed);
    p.operands = chain.inputs, p.residual = chain.residual;
    return s;
}

bool fitsPairs(const tactic::Query& q, const PackedProduct& p) {
    const Dim& width = q.in(p.input).dims.back();
    auto last = [](const std::vector<int64_t>& v, int64_t otherwise) {
        return v.empty() ? otherwise : v.back();
    };
    bool given = p.op.paddingMode == PaddingMode::kEXPLICIT_ROUND_DOWN ||
                 p.op.paddingMode == PaddingMode::kEXPLICIT_ROUND_UP;
    return p.convolution && p.windows && given && p.kernel[1] <= 4 && width.isStatic() &&
           width.value() % 2 == 0 && last(p.op.stride, 1) % 2 == 0 && last(p.op.dilation, 1) == 1;
}

void takePairs(PackedProduct& p) {
    p.pairs = true;
    p.lead = p.op.prePadding.empty() ? 0 : p.op.prePadding.back() % 2;
}

int64_t patchPiece(const tactic::Query& q, const PackedProduct& p) {
    if (!p.convolution || !p.windows || p.kernel.size() != 4 || p.kernel[1] % 8 == 0 ||
        p.op.paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN)
        return 0;
    auto are = [](const std::vector<int64_t>& v, int64_t is) {
        return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x == is; });
    };
    if (p.op.stride != std::vector(p.kernel.begin() + 2, p.kernel.end()) ||
        !are(p.op.dilation, 1) || !are(p.op.prePadding, 0) || !are(p.op.postPadding, 0))
        return 0;
    const Dim& width = q.in(p.input).dims.back();
    if (!width.isStatic()) return 0;
    for (int64_t piece : {8, 4, 2})
        if (p.kernel[3] % piece == 0 && width.value() % piece == 0) return piece;
    return 0;
}

void takePatches(PackedProduct& p, int64_t piece) {
    p.piece = piece;
    p.windows = false;
}

std::string patchText(const PackedProduct& p) {
    return cat("const int CHANNELS = ", p.kernel[1], ", KERNEL_Y = ", p.kernel[2],
               ", KERNEL_X = ", p.kernel[3], ", PIECE = ", p.piece, ";\n");
}

tactic::Combination packedCombination(const tactic::Query& q, const PackedProduct& p) {
    tactic::Combination c = p.convolution ? channelsLastCombination(q) : combination(q);
    c.overwrites = p.residual;
    if (p.piece > 0) c.inputs[static_cast<size_t>(p.input)].format = Format::linear();
    if (p.pairs && p.kernel[1] != 4)
        c.inputs[static_cast<size_t>(p.input)].format.inner.push_back({1, 4});
    return c;
}

static tactic::PackedConstant packPairs(const uint8_t* from, size_t size, const PackedProduct& p) {
    int64_t maps = p.kernel[0], channels = p.kernel[1], width = p.kernel.back(),
            height = p.kernel.size() > 3 ? p.kernel[2] : 1;
    std::vector<uint8_t> out(static_cast<size_t>(maps * p.depth()) * size, 0);
    for (int64_t n = 0; n < maps; ++n)
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t y = 0; y < height; ++y)
                for (int64_t x = 0; x < width; ++x) {
                    int64_t to = ((n * height + y) * p.windowWidth() + x + p.lead) * 4 + c;
                    int64_t at = ((n * channels + c) * height + y) * width + x;
                    std::copy_n(from + static_cast<size_t>(at) * size, size,
                                out.data() + static_cast<size_t>(to) * size);
                }
    return {Blob::own(std::move(out)), cat("maps, window from ", p.lead, ", 4 channels")};
}

// Rows as they lie, filled up to the depth.
static tactic::PackedConstant packPatches(const uint8_t* from, size_t size, DataType type,
                                          const PackedProduct& p) {
    const auto maps = static_cast<size_t>(p.kernel[0]), to = static_cast<size_t>(p.depth()) * size;
    const size_t row = static_cast<size_t>(product(p.kernel)) / maps * size;
    std::vector<uint8_t> out(maps * to, 0);
    for (size_t n = 0; n < maps; ++n) std::copy_n(from + n * row, row, out.data() + n * to);
    return {Blob::own(std::move(out)), cat(name(type), " ", maps, "x", p.depth(), " ab")};
}

tactic::PackedConstant packWeights(const tactic::Query& q, const PackedProduct& p) {
    const uint8_t* bytes = q.constant(p.weights)->data();
    auto size = static_cast<size_t>(bits(q.in(p.weights).type)) / 8;
    if (p.pairs) return packPairs(bytes, size, p);
    if (p.piece > 0) return packPatches(bytes, size, q.in(p.weights).type, p);
    if (p.convolution)
        return {Blob::own(packChannelsLast(bytes, size, p.kernel, 0)),
                channelsLastLayout(q.in(p.weights).type, p.kernel, 0)};
    // A matrix [k, n] is k maps of n channels to the transposition.
    std::vector<int64_t> dims{1, p.columns(), p.depth()};
    if (!p.transposed) dims = {1, p.depth(), p.columns()};
    const DataType type = q.in(p.weights).type;
    if (p.transposed)
        return {Blob::copy(bytes, size * static_cast<size_t>(product(dims))),
                cat(name(type), " ", p.columns(), "x", p.depth(), " ab")};
    return {Blob::own(packChannelsLast(bytes, size, dims, 0)), channelsLastLayout(type, dims, 0)};
}

}  // namespace bireme::cuda
