// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

ITensor& scalar(Node& n, int i, DataType type) {
    ITensor& x = n.net().cast(n.in(i), type);
    return n.rank(i) == 0 ? x : n.net().reshape(x, Dims{});
}

// ONNX has the scores as [batch, class, box], the layer as [batch, box, class].
Outputs importNonMaxSuppression(Node& n) {
    Net& net = n.net();
    ITensor& scores = net.transpose(n.in(1), {0, 2, 1});
    ITensor& most = n.has(2) ? scalar(n, 2, DataType::kINT64) : net.integer(0);
    INMSLayer& layer = net.made(net.raw().addNMS(n.in(0), scores, most, DataType::kINT64));
    layer.setBoundingBoxFormat(n.flag("center_point_box") ? BoundingBoxFormat::kCENTER_SIZES
                                                          : BoundingBoxFormat::kCORNER_PAIRS);
    const DataType type = DataType::kFLOAT;
    layer.setInput(3, n.has(3) ? scalar(n, 3, type) : net.splat(type, 0, 0));
    // Without a threshold every score counts, negative ones too.
    layer.setInput(4, n.has(4) ? scalar(n, 4, type)
                               : net.splat(type, 0, std::numeric_limits<float>::lowest()));
    return {Net::out(layer, 0)};
}

}  // namespace

void registerImporters_detection(ImporterTable& table) {
    table.add({{"NonMaxSuppression", importNonMaxSuppression, "", 10}});
}

}  // namespace bireme::onnx_import
