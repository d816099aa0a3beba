// SPDX-License-Identifier: Apache-2.0
// Choosing elements by their values, and determinants.
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

Outputs importUnique(Node& n) {
    OperatorAttributes attributes;
    if (n.hasAttribute("axis"))
        attributes.add("alongAxis", int64_t{1})
            .add("axis", int64_t{n.axis(n.integer("axis", 0), n.rank(0))});
    attributes.add("sorted", int64_t{n.flag("sorted", true)});
    ILayer& layer = n.net().op("unique", attributes, {&n.in(0)}, 4);
    return {Net::out(layer, 0), Net::out(layer, 1), Net::out(layer, 2), Net::out(layer, 3)};
}

// x[nonzero(condition)] along the axis
Outputs importCompress(Node& n) {
    Net& net = n.net();
    n.require(n.rank(1) == 1, "the condition must be a list");
    const bool flat = !n.hasAttribute("axis");
    ITensor& x = flat ? net.reshape(n.in(0), Dims{1, {-1}}) : n.in(0);
    ITensor& kept = Net::out(net.made(net.raw().addNonZero(n.in(1), DataType::kINT64)));
    const int axis = flat ? 0 : n.axis(n.integer("axis", 0), n.rank(0));
    return {net.gather(x, net.squeeze(kept, {0}), axis)};
}

/// 1 at the first greatest element, 0 elsewhere; before opset 13 all dims from the axis on are one.
Outputs importHardmax(Node& n) {
    Net& net = n.net();
    const int rank = n.rank(0);
    ITensor* x = &n.in(0);
    int axis = n.axis(n.integer("axis", n.opset() < 13 ? 1 : -1), rank);
    const bool merge = n.opset() < 13 && axis != rank - 1;
    if (merge) {
        Dims flat = filled(axis + 1, 0);
        flat.d[axis] = -1;
        x = &net.reshape(*x, flat);
    }
    ITopKLayer& top =
        net.made(net.raw().addTopK(*x, TopKOperation::kMAX, 1, 1U << axis, DataType::kINT64));
    ITensor& index = net.squeeze(Net::out(top, 1), {axis});
    ITensor& values = net.tensor(net.pool().makeReals({}, x->getType(), Dims{1, {2}}, {0, 1}));
    const Extent depth = net.extent(*x, axis);
    ITensor& count = depth.known() ? net.integer(depth.value) : net.reshape(*depth.tensor, Dims{});
    ITensor& y = Net::out(net.made(net.raw().addOneHot(index, values, count, axis)));
    return {merge ? net.reshape(y, net.extents(n.value(0))) : y};
}

Outputs importDet(Node& n) { return {Net::out(n.net().op("determinant", {}, {&n.in(0)}))}; }

Outputs importTfIdfVectorizer(Node& n) {
    n.require(n.texts("pool_strings").empty(), "texts are not supported",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    OperatorAttributes attributes;
    attributes.add("least", n.integer("min_gram_length", 1))
        .add("most", n.integer("max_gram_length", 1))
        .add("skips", n.integer("max_skip_count", 0))
        .add("mode", n.text("mode", "TF"))
        .add("starts", n.integers("ngram_counts"))
        .add("places", n.integers("ngram_indexes"))
        .add("pool", n.integers("pool_int64s"))
        .add("weights", n.reals("weights"));
    return {Net::out(n.net().op("ngram_counts", attributes, {&n.in(0)}))};
}

}  // namespace

void registerImporters_selection(ImporterTable& table) {
    table.add({
        {"Compress", importCompress, "", 9},
        {"Det", importDet, "", 11},
        {"Hardmax", importHardmax},
        {"TfIdfVectorizer", importTfIdfVectorizer, "", 9},
        {"Unique", importUnique, "", 11},
    });
}

}  // namespace bireme::onnx_import
