// SPDX-License-Identifier: Apache-2.0
// Operators that change or tell the shape and leave the elements in order.
#include <algorithm>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

Outputs importReshape(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const bool literalZero = n.flag("allowzero");
    std::vector<int64_t> shape = n.integers("shape");  // an attribute before opset 5
    const bool known = n.opset() < 5 || n.known(1) != nullptr;
    if (n.opset() >= 5 && known) shape = n.integersOf(1, "shape");
    IShuffleLayer& layer = net.made(net.raw().addShuffle(x));
    layer.setZeroIsPlaceholder(!literalZero);
    if (known) {
        const bool fits =
            std::all_of(shape.begin(), shape.end(), [](int64_t d) { return d >= -1; });
        n.require(fits && std::count(shape.begin(), shape.end(), -1) <= 1,
                  "shape has more than one extent to be found, or one below -1");
        layer.setReshapeDimensions(toDims(shape));
    } else {
        layer.setInput(1, n.in(1));
    }
    return {Net::out(layer)};
}

/// [product of the first `axis` extents, product of the rest]
Outputs importFlatten(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    const int64_t given = n.integer("axis", 1);
    n.require(given >= -rank && given <= rank, "axis is outside of the rank");
    const int axis = static_cast<int>(given < 0 ? given + rank : given);
    const Dims d = n.dims(0);
    if (axis == 1) return {net.reshape(x, Dims{2, {0, -1}})};
    const auto volume = [&](int from, int to) -> int64_t {
        int64_t v = 1;
        for (int i = from; i < to; ++i) v = d.d[i] < 0 || v < 0 ? -1 : v * d.d[i];
        return v;
    };
    const int64_t left = volume(0, axis);
    const int64_t right = volume(axis, rank);
    if (left >= 0 && right >= 0) return {net.reshape(x, Extents{left, right})};
    if (left >= 0 || right >= 0) return {net.reshape(x, Extents{left, left < 0 ? right : -1})};
    Extent product = 1;
    for (int i = 0; i < axis; ++i) product = net.mul(product, net.extent(x, i));
    return {net.reshape(x, Extents{product, -1})};
}

/// Axes that only running tells.
Outputs byData(Node& n, bool insert) {
    OperatorAttributes attributes;
    attributes.add("insert", int64_t{insert});
    return {Net::out(n.net().op("axes_data", attributes, {&n.in(0), &n.in(1)}))};
}

/// The rank is fixed: an extent that is not known is taken to be none of 1, and checked.
void requireMore(Node& n, int axis) {
    Net& net = n.net();
    const Extent extent = net.extent(n.value(0), axis);
    if (extent.known()) return;
    ITensor& one = net.binary(*extent.tensor, net.integers({1}), ElementWiseOperation::kEQUAL);
    ITensor& more = net.unary(net.reshape(one, Dims{}), UnaryOperation::kNOT);
    net.made(net.raw().addAssertion(more, "an extent that Squeeze keeps is 1"));
}

Outputs importSqueeze(Node& n) {
    const int rank = n.rank(0);
    if (n.has(1) && n.known(1) == nullptr) return byData(n, false);
    std::vector<int64_t> axes = n.axes(n.listOf("axes", 1), rank);
    if (!n.has(1) && !n.hasAttribute("axes")) {
        const Dims d = n.dims(0);
        for (int i = 0; i < rank; ++i) {
            if (d.d[i] < 0) requireMore(n, i);
            if (d.d[i] == 1) axes.push_back(i);
        }
    }
    if (axes.empty()) return {n.net().identity(n.in(0))};
    return {n.net().squeeze(n.in(0), axes)};
}

Outputs importUnsqueeze(Node& n) {
    if (n.has(1) && n.known(1) == nullptr) return byData(n, true);
    const std::vector<int64_t> given = n.listOf("axes", 1);
    const int rank = n.rank(0) + static_cast<int>(given.size());
    n.require(rank <= Dims::MAX_DIMS, "the result has more than 8 dimensions",
              ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    std::vector<int64_t> axes = n.axes(given, rank);
    std::sort(axes.begin(), axes.end());
    if (axes.empty()) return {n.net().identity(n.in(0))};
    return {n.net().unsqueeze(n.in(0), axes)};
}

Outputs importTranspose(Node& n) {
    const int rank = n.rank(0);
    std::vector<int64_t> perm = n.integers("perm");
    if (perm.empty())
        for (int i = rank - 1; i >= 0; --i) perm.push_back(i);
    n.require(static_cast<int>(perm.size()) == rank, "perm has another length than the rank of x");
    return {n.net().transpose(n.in(0), n.axes(perm, rank))};
}

Outputs importShape(Node& n) {
    Net& net = n.net();
    const int64_t rank = n.rank(0);
    const auto clamped = [&](int64_t i) {
        return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank);
    };
    const int64_t start = clamped(n.integer("start", 0));
    const int64_t end = clamped(n.integer("end", rank));
    ITensor& shape = Net::out(net.made(net.raw().addShape(n.in(0))));
    if (start == 0 && end == rank) return {shape};
    return {net.slice(shape, {0}, {start}, {std::max<int64_t>(end - start, 0)}, {1})};
}

Outputs importSize(Node& n) {
    Net& net = n.net();
    if (n.rank(0) == 0) return {net.integer(1)};
    ITensor& shape = Net::out(net.made(net.raw().addShape(n.in(0))));
    return {net.reduce(shape, ReduceOperation::kPROD, 1, false)};
}

ITensor& shapeInput(Node& n, int i) {
    n.require(n.rank(i) == 1, "a shape must be a list");
    return n.net().cast(n.in(i), DataType::kINT64);
}

Outputs importExpand(Node& n) {
    return {Net::out(n.net().op("expand", {}, {&n.in(0), &shapeInput(n, 1)}))};
}

Outputs importTile(Node& n) {
    return {Net::out(n.net().op("tile", {}, {&n.in(0), &shapeInput(n, 1)}))};
}

}  // namespace

void registerImporters_shape(ImporterTable& table) {
    table.add({
        {"Expand", importExpand, "", 8},
        {"Flatten", importFlatten},
        {"Reshape", importReshape},
        {"Shape", importShape},
        {"Size", importSize},
        {"Squeeze", importSqueeze},
        {"Tile", importTile, "", 6},
        {"Transpose", importTranspose},
        {"Unsqueeze", importUnsqueeze},
    });
}

}  // namespace bireme::onnx_import
