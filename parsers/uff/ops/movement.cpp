// SPDX-License-Identifier: Apache-2.0
// Reshape, Flatten, Transpose, ExpandDims, Squeeze, Concat, Stack and Pad.
#include <algorithm>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

/// A matrix whose rows are the value's first dimension; made when something needs it.
Value flattened(Net& net, const Value& x, int64_t rest) {
    const int64_t rows = net.dims(x)[0];
    Value out;
    out.flat = std::make_shared<Flat>(Flat{x, {rows, rest}, nullptr});
    return out;
}

/// Product of all extents but the first; -1 when one is not known.
int64_t restOf(const Shape& dims) {
    int64_t rest = 1;
    for (size_t i = 1; i < dims.size(); ++i) rest = dims[i] < 0 || rest < 0 ? -1 : rest * dims[i];
    return rest;
}

Value importFlatten(Node& n) {
    Net& net = n.net();
    const Shape dims = n.dims(0);
    n.require(!dims.empty(), "its input is a scalar");
    if (dims.size() == 2) return n.in(0);
    if (dims.size() == 1 || n.in(0).isConstant())
        return {net.reshape(net.logical(n.in(0)), {0, dims.size() == 1 ? 1 : -1})};
    return flattened(net, n.in(0), restOf(dims));
}

Value importReshape(Node& n) {
    Net& net = n.net();
    n.require(n.count() == 2, "it has " + std::to_string(n.count()) + " inputs, not 2");
    const Shape have = n.dims(0);
    const Constant* shape = net.known(n.in(1));
    if (shape == nullptr) {
        IShuffleLayer& layer = net.made(net.raw().addShuffle(net.logical(n.in(0))));
        layer.setInput(1, net.logical(n.in(1)));
        return {net.out(layer)};
    }
    Shape wanted = toIntegers(*shape);
    n.require(n.rank(1) == 1, "its shape is no list");
    const int64_t rest = restOf(have);
    if (wanted.size() == 2 && have.size() > 2 && rest > 0 && !n.in(0).isConstant()) {
        const bool sameRows = wanted[0] == have[0] || (wanted[0] == -1 && wanted[1] == rest);
        if (sameRows && (wanted[1] == rest || wanted[1] == -1))
            return flattened(net, n.in(0), rest);
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
        n.require(wanted[i] >= -1, "its shape is " + toText(wanted));
        n.require(wanted[i] != 0 || i < have.size(),
                  "its shape " + toText(wanted) + " copies an extent that is not there");
    }
    return {net.reshape(net.logical(n.in(0)), wanted)};
}

Value importTranspose(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    const std::optional<Shape> perm = n.integers("permutation");
    n.require(perm.has_value(), "field permutation is missing");
    n.require(perm->size() == rank, "permutation has " + std::to_string(perm->size()) +
                                        " values, its input has rank " + std::to_string(rank));
    Axes axes;
    for (const int64_t p : *perm) axes.push_back(n.axisOf(p, rank));
    Axes sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    n.require(sorted == identityAxes(rank), "permutation is " + toText(*perm));
    if (n.in(0).isConstant()) return Value(net.pool().transposed(*n.in(0).constant, axes));
    Axes where;
    for (const int a : axes) where.push_back(Net::axisOf(n.in(0), a));
    return {net.tensor(n.in(0)), isIdentity(where) ? Axes{} : where};
}

Value importExpandDims(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    const int axis = n.axis("axis", 0, rank + 1);
    if (n.in(0).where.empty()) return {net.unsqueeze(net.tensor(n.in(0)), {axis})};
    Axes where = n.in(0).where;
    where.insert(where.begin() + axis, static_cast<int>(rank));
    return {net.unsqueeze(net.tensor(n.in(0)), {static_cast<int64_t>(rank)}), where};
}

Value importSqueeze(Node& n) {
    Net& net = n.net();
    const Shape have = n.dims(0);
    uint32_t gone = 0;
    for (const int64_t a : n.integers("axes").value_or(Shape{}))
        gone |= 1U << n.axisOf(a, have.size());
    if (gone == 0)
        for (size_t i = 0; i < have.size(); ++i) gone |= (have[i] == 1 ? 1U : 0U) << i;
    Shape axes;
    for (size_t i = 0; i < have.size(); ++i) {
        if (((gone >> i) & 1U) == 0) continue;
        n.require(have[i] == 1 || have[i] < 0,
                  "it squeezes axis " + std::to_string(i) + " of " + toText(have));
        axes.push_back(Net::axisOf(n.in(0), static_cast<int>(i)));
    }
    std::sort(axes.begin(), axes.end());
    return {net.squeeze(net.tensor(n.in(0)), axes), without(n.in(0).where, gone)};
}

Value concatenated(Node& n, const std::vector<Value>& values, int axis, size_t rank) {
    Net& net = n.net();
    std::vector<const Value*> all;
    for (const Value& v : values) all.push_back(&v);
    const Axes where = net.common(all, rank);
    std::vector<ITensor*> tensors;
    for (const Value& v : values) tensors.push_back(&net.arranged(v, where));
    IConcatenationLayer& layer =
        net.made(net.raw().addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size())));
    layer.setAxis(where[static_cast<size_t>(axis)]);
    return {net.out(layer), isIdentity(where) ? Axes{} : where};
}

void checkAlike(Node& n, int except) {
    const Shape first = n.dims(0);
    for (size_t i = 1; i < n.count(); ++i) {
        const Shape other = n.dims(i);
        bool alike = other.size() == first.size();
        for (size_t k = 0; alike && k < first.size(); ++k)
            alike = static_cast<int>(k) == except || first[k] < 0 || other[k] < 0 ||
                    first[k] == other[k];
        n.require(alike, "inputs 0 and " + std::to_string(i) + " have the shapes " + toText(first) +
                             " and " + toText(other));
    }
}

Value importConcat(Node& n) {
    const size_t rank = n.rank(0);
    const int axis = n.axis("axis", 0, rank);
    checkAlike(n, axis);
    std::vector<Value> values;
    for (size_t i = 0; i < n.count(); ++i) values.push_back(n.in(i));
    return concatenated(n, values, axis, rank);
}

Value importStack(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    const int axis = n.axis("axis", 0, rank + 1);
    checkAlike(n, -1);
    std::vector<Value> values;
    for (size_t i = 0; i < n.count(); ++i)
        values.emplace_back(net.unsqueeze(net.logical(n.in(i)), {axis}));
    return concatenated(n, values, axis, rank + 1);
}

Value importPad(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    const Shape pads = n.integersOf(1, "the paddings");
    n.require(n.rank(1) == 2 && pads.size() == 2 * rank,
              "its paddings have the shape " + toText(n.dims(1)) + ", its input has rank " +
                  std::to_string(rank));
    Shape before(rank);
    Shape after(rank);
    for (size_t i = 0; i < rank; ++i) {
        const auto at = static_cast<size_t>(Net::axisOf(n.in(0), static_cast<int>(i)));
        before[at] = pads[2 * i];
        after[at] = pads[2 * i + 1];
        n.require(pads[2 * i] >= 0 && pads[2 * i + 1] >= 0, "a padding is negative");
    }
    return {net.pad(net.tensor(n.in(0)), before, after), n.in(0).where};
}

}  // namespace

void registerImporters_movement(ImporterTable& table) {
    table.add({
        {"Concat", importConcat, "along any axis"},
        {"ExpandDims", importExpandDims, "the axis counts the batch"},
        {"Flatten", importFlatten, "[N, rest], elements in TensorFlow's order"},
        {"Pad", importPad, "zeros; constant paddings", OrderRole::kKeeps},
        {"Reshape", importReshape, "-1 once; 0 copies; the shape may be computed"},
        {"Squeeze", importSqueeze, "the axes named, else all extents of 1"},
        {"Stack", importStack, "along any axis"},
        {"Transpose", importTranspose,
         "any permutation; costs nothing where a layer can follow it"},
    });
}

}  // namespace bireme::uff_import
