// SPDX-License-Identifier: Apache-2.0
// FullyConnected: the product of matrices.
#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

/// Whether a matrix is declared with its dimensions swapped: CN for NC, CK for KC.
bool isSwapped(Node& n, size_t i, bool missing) {
    const std::optional<Axes> order = n.order(i, 2);
    return order ? *order == Axes{1, 0} : missing;
}

bool hasVolume(const Shape& dims, size_t from, int64_t volume) {
    int64_t product = 1;
    for (size_t i = from; i < dims.size(); ++i) {
        if (dims[i] <= 0 || product > volume / dims[i]) return false;
        product *= dims[i];
    }
    return product == volume;
}

/// The weights' rows in the order in which the elements of the flattened value lie.
const Constant* reorderedRows(ConstantPool& pool, const Constant& w, const Flat& flat,
                              const Shape& source) {
    Shape dims(source.begin() + 1, source.end());
    dims.push_back(w.dims[1]);
    Axes perm(dims.size());
    for (size_t i = 1; i < source.size(); ++i)
        perm[static_cast<size_t>(flat.source.where[i]) - 1] = static_cast<int>(i) - 1;
    perm.back() = static_cast<int>(source.size()) - 1;
    return pool.reshaped(*pool.transposed(*pool.reshaped(w, dims), perm), w.dims);
}

Value importFullyConnected(Node& n) {
    Net& net = n.net();
    n.require(n.count() == 2, "it has " + std::to_string(n.count()) + " inputs, not 2");
    const Shape wDims = n.dims(1);
    n.require(wDims.size() == 2, "its weights have the shape " + toText(wDims) + ", not a matrix");
    const bool rowsOut = !isSwapped(n, 1, true);  // KC, which is [out, in]
    const bool columnsOfBatch = isSwapped(n, 0, false);
    const int64_t inner = wDims[rowsOut ? 1 : 0];
    const MatrixOperation opW = rowsOut ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;

    const Value& x = n.in(0);
    Shape xDims = n.dims(0);
    if (x.flat != nullptr && x.flat->made == nullptr && x.flat->source.tensor != nullptr &&
        n.in(1).isConstant() && !rowsOut && !columnsOfBatch && xDims[1] == inner) {
        const Shape source = net.dims(x.flat->source);
        if (x.flat->source.where.size() == source.size() && x.flat->source.where[0] == 0 &&
            hasVolume(source, 1, inner)) {
            const Constant* w = reorderedRows(net.pool(), *n.in(1).constant, *x.flat, source);
            ITensor& rows = net.reshape(*x.flat->source.tensor, {0, inner});
            return {net.out(net.made(net.raw().addMatrixMultiply(rows, MatrixOperation::kNONE,
                                                                 net.tensor(Value(w)), opW)))};
        }
    }
    ITensor* a = &net.logical(x);
    if (xDims.size() != 2) {
        n.require(!columnsOfBatch && !xDims.empty(),
                  "its input has the shape " + toText(xDims) + ", not a matrix");
        a = &net.reshape(*a, {xDims.back() == inner ? -1 : 0, inner});
    }
    const int64_t have = xDims.size() == 2 ? xDims[columnsOfBatch ? 0 : 1] : inner;
    n.require(have < 0 || have == inner, "its weights have " + std::to_string(inner) +
                                             " input channels, its input has " +
                                             std::to_string(have));
    const MatrixOperation opX =
        columnsOfBatch ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;
    ITensor& y = net.out(net.made(net.raw().addMatrixMultiply(*a, opX, net.logical(n.in(1)), opW)));
    if (xDims.size() <= 2 || xDims.back() != inner) return {y};
    xDims.back() = wDims[rowsOut ? 0 : 1];
    for (size_t i = 0; i + 1 < xDims.size(); ++i) xDims[i] = i == 0 ? -1 : xDims[i];
    return {net.reshape(y, xDims)};
}

}  // namespace

void registerImporters_linear(ImporterTable& table) {
    table.add({
        {"FullyConnected", importFullyConnected,
         "product of two matrices, either of which may be declared transposed"},
    });
}

}  // namespace bireme::uff_import
