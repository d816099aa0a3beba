// SPDX-License-Identifier: Apache-2.0
// InnerProduct, Embed, Softmax.
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

Shape leadingOnes(size_t rank, const Shape& last) {
    Shape out(rank - last.size(), 1);
    out.insert(out.end(), last.begin(), last.end());
    return out;
}

Tops importInnerProduct(Layer& l) {
    const Message& p = l.params("inner_product_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    const auto axis = static_cast<size_t>(l.axis(p.integer("axis", 1), x.size()));
    const int64_t maps = p.integer("num_output", 0);
    l.require(maps > 0 && maps <= INT32_MAX, "num_output must be positive");
    l.require(axis > 0, "axis 0 would mix the images of a batch");
    const bool transposed = p.flag("transpose", false);
    int64_t inner = Layer::volume(x, axis, x.size());
    if (inner < 0 && l.isTrained()) inner = l.blob(0).count / maps;
    l.require(inner > 0, "its bottom " + toText(x) + " must be known from axis " +
                             std::to_string(axis) + " on");
    const Shape dims = transposed ? Shape{inner, maps} : Shape{maps, inner};
    const Blob w = l.weights(0, dims, "its matrix", Random::kKERNEL);
    ITensor* rows = &l.in();
    Shape flat(axis, 0);
    flat.push_back(inner);
    if (x.size() != axis + 1) rows = &l.net().reshape(*rows, flat);
    const size_t rank = axis + 1;
    ITensor& y = Net::out(l.net().made(l.net().raw().addMatrixMultiply(
        *rows, MatrixOperation::kNONE, l.net().constant(leadingOnes(rank, dims), w),
        transposed ? MatrixOperation::kNONE : MatrixOperation::kTRANSPOSE)));
    if (!p.flag("bias_term", true)) return {&y};
    const Blob b = l.weights(1, {maps}, "its bias", Random::kBIAS);
    return {&l.net().binary(y, l.net().constant(leadingOnes(rank, {maps}), b),
                            ElementWiseOperation::kSUM)};
}

Tops importEmbed(Layer& l) {
    const Message& p = l.params("embed_param");
    l.expect(1, 1);
    const int64_t maps = p.integer("num_output", 0), rows = p.integer("input_dim", 0);
    l.require(maps > 0 && rows > 0, "num_output and input_dim must be positive");
    const Blob w = l.weights(0, {rows, maps}, "its table", Random::kKERNEL);
    ITensor& index = l.net().cast(l.in(), DataType::kINT32);
    ITensor& y = Net::out(
        l.net().made(l.net().raw().addGather(l.net().constant({rows, maps}, w), index, 0)));
    if (!p.flag("bias_term", true)) return {&y};
    const Blob b = l.weights(1, {maps}, "its bias", Random::kBIAS);
    return {&l.net().binary(y, l.net().constant(leadingOnes(l.rank() + 1, {maps}), b),
                            ElementWiseOperation::kSUM)};
}

Tops importSoftmax(Layer& l) {
    l.require(l.count() >= 1, "it has no bottom");
    ISoftMaxLayer& layer = l.net().made(l.net().raw().addSoftMax(l.in()));
    layer.setAxes(1U << l.axis(l.params("softmax_param").integer("axis", 1), l.rank()));
    return {&Net::out(layer)};
}

}  // namespace

void registerImporters_linear(ImporterTable& table) {
    table.add({
        {"Embed", importEmbed, "an index outside of the table reads 0"},
        {"InnerProduct", importInnerProduct, "axis, transpose"},
        {"Softmax", importSoftmax, ""},
        {"SoftmaxWithLoss", importSoftmax, "as Softmax of the first bottom"},
    });
}

}  // namespace bireme::caffe_import
