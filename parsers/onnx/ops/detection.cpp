// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

ITensor& scalar(Node& n, int i, DataType type) {
    ITensor& x = n.net().cast(n.in(i), type);
    return n.rank(i) == 0 ? x : n.net().reshape(x, Dims{});
}

Outputs importNonMaxSuppression(Node& n) {
    Net& net = n.net();
    constexpr DataType kReal = DataType::kFLOAT;
    OperatorAttributes attributes;
    const BoundingBoxFormat format = n.flag("center_point_box") ? BoundingBoxFormat::kCENTER_SIZES
                                                                : BoundingBoxFormat::kCORNER_PAIRS;
    attributes.add("boxFormat", static_cast<int64_t>(format))
        .add("indicesType", static_cast<int64_t>(DataType::kINT64))
        .add("scoresByClass", int64_t{1});
    ITensor& most = n.has(2) ? scalar(n, 2, DataType::kINT64) : net.integer(0);
    ITensor& overlap = n.has(3) ? scalar(n, 3, kReal) : net.splat(kReal, 0, 0);
    // Without a threshold every score counts, negative ones too.
    ITensor& score =
        n.has(4) ? scalar(n, 4, kReal) : net.splat(kReal, 0, std::numeric_limits<float>::lowest());
    return {Net::out(net.op("nms", attributes, {&n.in(0), &n.in(1), &most, &overlap, &score}))};
}

}  // namespace

void registerImporters_detection(ImporterTable& table) {
    table.add({{"NonMaxSuppression", importNonMaxSuppression, "", 10}});
}

}  // namespace bireme::onnx_import
