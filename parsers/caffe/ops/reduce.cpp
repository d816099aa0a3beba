// SPDX-License-Identifier: Apache-2.0
// Eltwise, Reduction, ArgMax.
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

using Bin = ElementWiseOperation;

ITensor& weighted(Layer& l, ITensor& x, double by) {
    return by == 1 ? x : l.net().power(x, static_cast<float>(by), 0);
}

Tops importEltwise(Layer& l) {
    enum { kPROD = 0, kSUM = 1, kMAX = 2 };
    const Message& p = l.params("eltwise_param");
    const int64_t operation = p.integer("operation", kSUM);
    const std::vector<double> coefficients = p.reals("coeff");
    l.require(l.count() >= 2 && l.tops() == 1, "it needs two bottoms or more, and one top");
    l.require(operation >= kPROD && operation <= kMAX, "its operation is unknown");
    l.require(coefficients.empty() || operation == kSUM, "coeff needs the operation SUM");
    l.require(coefficients.empty() || coefficients.size() == l.count(),
              "it has " + std::to_string(coefficients.size()) + " coeff for " +
                  std::to_string(l.count()) + " bottoms");
    const auto coefficient = [&](size_t i) { return coefficients.empty() ? 1 : coefficients[i]; };
    for (size_t i = 1; i < l.count(); ++i)
        l.require(l.rank(i) == l.rank(0) &&
                      (l.dims(i) == l.dims(0) || Layer::volume(l.dims(i), 0, l.rank(i)) < 0 ||
                       Layer::volume(l.dims(0), 0, l.rank(0)) < 0),
                  "its bottoms " + toText(l.dims(0)) + " and " + toText(l.dims(i)) + " differ");
    const Bin op = operation == kPROD ? Bin::kPROD : operation == kMAX ? Bin::kMAX : Bin::kSUM;
    ITensor* y = &weighted(l, l.in(0), coefficient(0));
    for (size_t i = 1; i < l.count(); ++i) {
        if (coefficient(i) == -1)
            y = &l.net().binary(*y, l.in(i), Bin::kSUB);
        else
            y = &l.net().binary(*y, weighted(l, l.in(i), coefficient(i)), op);
    }
    return {y};
}

Tops importReduction(Layer& l) {
    enum { kSUM = 1, kASUM = 2, kSUMSQ = 3, kMEAN = 4 };
    const Message& p = l.params("reduction_param");
    l.expect(1, 1);
    const int64_t operation = p.integer("operation", kSUM);
    l.require(operation >= kSUM && operation <= kMEAN, "its operation is unknown");
    const int axis = l.axis(p.integer("axis", 0), l.rank());
    const uint32_t axes = ((1U << l.rank()) - 1) & ~((1U << axis) - 1);
    ITensor* x = &l.in();
    if (operation == kASUM) x = &l.net().unary(*x, UnaryOperation::kABS);
    if (operation == kSUMSQ) x = &l.net().binary(*x, *x, Bin::kPROD);
    ITensor& y = l.net().reduce(
        *x, operation == kMEAN ? ReduceOperation::kAVG : ReduceOperation::kSUM, axes, false);
    return {&weighted(l, y, p.real("coeff", 1))};
}

/// Among equals Caffe prefers the larger index: the axis is searched backwards.
Tops importArgMax(Layer& l) {
    const Message& p = l.params("argmax_param");
    l.expect(1, 1);
    const int64_t k = p.integer("top_k", 1);
    const bool values = p.flag("out_max_val", false), perAxis = p.has("axis");
    ITensor* x = &l.in();
    Shape dims = l.dims();
    if (!perAxis) {
        l.require(dims.size() >= 2, "its bottom " + toText(dims) + " has nothing but a batch");
        const int64_t size = Layer::volume(dims, 1, dims.size());
        l.require(size > 0, "its bottom must be known but for the batch");
        if (dims.size() > 2) x = &l.net().reshape(*x, {0, size});
        dims = {dims[0], size};
    }
    const int axis = perAxis ? l.axis(p.integer("axis", 1), dims.size()) : 1;
    const int64_t extent = l.extent(dims, static_cast<size_t>(axis));
    l.require(k >= 1 && k <= extent,
              "top_k " + std::to_string(k) + " of " + std::to_string(extent) + " values");
    ITensor& reversed = l.net().slice(*x, {axis}, {extent - 1}, {extent}, {-1});
    ITopKLayer& top = l.net().made(
        l.net().raw().addTopK(reversed, TopKOperation::kMAX, static_cast<int32_t>(k), 1U << axis));
    if (perAxis && values) return {&Net::out(top, 0)};
    ITensor& index = l.net().power(l.net().cast(Net::out(top, 1), DataType::kFLOAT), -1,
                                   static_cast<float>(extent - 1));
    if (perAxis) return {&index};
    ITensor& shaped = l.net().reshape(index, {0, 1, k});
    if (!values) return {&shaped};
    return {&l.net().concat({&shaped, &l.net().reshape(Net::out(top, 0), {0, 1, k})}, 1)};
}

}  // namespace

void registerImporters_reduce(ImporterTable& table) {
    table.add({
        {"ArgMax", importArgMax, "axis, top_k, out_max_val"},
        {"Eltwise", importEltwise, "PROD, SUM with coeff, MAX; two bottoms or more"},
        {"Reduction", importReduction, "SUM, ASUM, SUMSQ, MEAN"},
    });
}

}  // namespace bireme::caffe_import
