// SPDX-License-Identifier: Apache-2.0
// Concat, Split, Slice and Pad: operators that move whole blocks.
#include <algorithm>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

Outputs importConcat(Node& n) {
    std::vector<ITensor*> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(&n.in(i));
    n.require(!inputs.empty(), "no inputs");
    const int rank = n.rank(0);
    n.require(rank > 0, "scalars cannot be joined");
    n.require(n.opset() < 4 || n.hasAttribute("axis"), "attribute \"axis\" is missing");
    return {n.net().concat(inputs, n.axis(n.integer("axis", 1), rank))};
}

/// Lengths of the parts: given, or as equal as possible with a shorter last one.
Extents splitSizes(Node& n, ITensor& x, int axis) {
    Net& net = n.net();
    Extents sizes;
    const auto parts = static_cast<int64_t>(n.outputs());
    if (n.has(1)) {
        for (int64_t i = 0; i < parts; ++i) sizes.push_back(net.element(n.value(1), i));
        return sizes;
    }
    for (const int64_t v : n.integers("split")) sizes.emplace_back(v);
    if (!sizes.empty()) {
        n.require(static_cast<int64_t>(sizes.size()) == parts,
                  "split has another length than the outputs");
        return sizes;
    }
    n.require(n.integer("num_outputs", parts) == parts, "num_outputs is not the number of outputs");
    const Extent whole = net.extent(x, axis);
    const Extent part = net.ceilDiv(whole, parts);
    for (int64_t i = 0; i + 1 < parts; ++i) sizes.push_back(part);
    sizes.push_back(net.sub(whole, net.mul(part, parts - 1)));
    n.require(!sizes.back().known() || sizes.back().value >= 0, "too many parts");
    return sizes;
}

Outputs importSplit(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int axis = n.axis(n.integer("axis", 0), n.rank(0));
    Outputs out;
    Extent start = 0;
    for (const Extent& size : splitSizes(n, x, axis)) {
        n.require(!size.known() || size.value >= 0, "a part has a negative length");
        out.emplace_back(net.slice(x, {axis}, {start}, {size}, {1}));
        start = net.add(start, size);
    }
    const Extent whole = net.extent(x, axis);
    if (start.known() && whole.known() && start.value != whole.value)
        n.refuse("the parts take " + std::to_string(start.value) + " of an extent of " +
                 std::to_string(whole.value));
    return out;
}

/// The lists of Slice; before opset 10 they are attributes, since then inputs.
struct SliceLists {
    std::vector<int64_t> starts;
    std::vector<int64_t> ends;
    std::vector<int64_t> axes;
    std::vector<int64_t> steps;
};

bool listsAreConstant(Node& n) {
    if (n.opset() < 10) return true;
    bool all = true;
    for (int i = 1; i <= 4; ++i) all = all && (!n.has(i) || n.known(i) != nullptr);
    return all;
}

SliceLists sliceLists(Node& n) {
    SliceLists s;
    const bool old = n.opset() < 10;
    s.starts = old ? n.integers("starts") : n.integersOf(1, "starts");
    s.ends = old ? n.integers("ends") : n.integersOf(2, "ends");
    if (old)
        s.axes = n.integers("axes");
    else if (n.has(3))
        s.axes = n.integersOf(3, "axes");
    if (n.has(4)) s.steps = n.integersOf(4, "steps");
    const size_t count = s.starts.size();
    if (s.axes.empty())
        for (size_t i = 0; i < count; ++i) s.axes.push_back(static_cast<int64_t>(i));
    s.axes = n.axes(s.axes, n.rank(0));
    if (s.steps.empty()) s.steps.assign(count, 1);
    n.require(s.ends.size() == count && s.axes.size() == count && s.steps.size() == count,
              "starts, ends, axes and steps have different lengths");
    for (const int64_t step : s.steps) n.require(step != 0, "a step is 0");
    return s;
}

/// Start and length of one axis of known extent `d`, clamped as numpy does.
std::pair<int64_t, int64_t> clampedRange(int64_t start, int64_t end, int64_t step, int64_t d) {
    if (d == 0) return {0, 0};
    const auto wrap = [d](int64_t i) { return i < 0 ? std::max(i, -d - 1) + d : i; };
    if (step > 0) {
        const int64_t from = std::clamp<int64_t>(wrap(start), 0, d);
        const int64_t to = std::clamp<int64_t>(wrap(end), 0, d);
        return {from, to > from ? (to - from - 1) / step + 1 : 0};
    }
    const int64_t from = std::clamp<int64_t>(wrap(start), 0, d - 1);
    const int64_t to = std::clamp<int64_t>(wrap(end), -1, d - 1);
    // The smallest step of all has no negative.
    const int64_t stride = step == INT64_MIN ? INT64_MAX : -step;
    return {from, from > to ? (from - to - 1) / stride + 1 : 0};
}

/// Lists that the model computes: the operator clamps and wraps them itself.
Outputs computedSlice(Node& n) {
    Net& net = n.net();
    const auto open = [&](int i) { return n.has(i) && n.known(i) == nullptr; };
    if (open(3) || open(4)) {
        std::vector<ITensor*> inputs;
        for (int i = 0; i < 5; ++i) inputs.push_back(n.optional(i));
        return {Net::out(net.op("slice_data", {}, inputs))};
    }
    OperatorAttributes attributes;
    attributes.add("useEnds", int64_t{1});
    std::vector<ITensor*> lists(6, nullptr);
    lists[0] = &n.in(0);
    const auto list = [&](int i) {
        return n.has(i) ? &net.cast(n.in(i), DataType::kINT64) : nullptr;
    };
    lists[1] = list(1);
    lists[2] = list(2);
    lists[3] = list(4);
    if (n.known(3) != nullptr) {
        attributes.add("axes", n.axes(n.integersOf(3, "axes"), n.rank(0)));
    }
    while (lists.back() == nullptr) lists.pop_back();
    return {Net::out(net.op("slice", attributes, lists))};
}

Outputs importSlice(Node& n) {
    Net& net = n.net();
    if (!listsAreConstant(n)) return computedSlice(n);
    ITensor& x = n.in(0);
    const SliceLists s = sliceLists(n);
    const Dims d = net.dims(x);
    if (s.axes.empty()) return {net.identity(x)};
    Extents start;
    Extents size;
    for (size_t i = 0; i < s.axes.size() && d.d[s.axes[i]] >= 0; ++i) {
        const auto [from, count] = clampedRange(s.starts[i], s.ends[i], s.steps[i], d.d[s.axes[i]]);
        start.emplace_back(from);
        size.emplace_back(count);
    }
    if (start.size() == s.axes.size()) return {net.slice(x, s.axes, start, size, s.steps)};
    OperatorAttributes attributes;
    attributes.add("useEnds", int64_t{1})
        .add("axes", s.axes)
        .add("start", s.starts)
        .add("size", s.ends)
        .add("stride", s.steps);
    return {Net::out(net.op("slice", attributes, {&x}))};
}

Outputs importPad(Node& n) {
    Net& net = n.net();
    OperatorAttributes attributes;
    attributes.add("mode", n.text("mode", "constant"));
    ITensor& x = n.in(0);
    if (n.opset() < 11) {
        attributes.add("pads", n.integers(n.opset() < 2 ? "paddings" : "pads"))
            .add("value", n.real("value", 0));
        return {Net::out(net.op("pad", attributes, {&x}))};
    }
    ITensor* pads = nullptr;
    ITensor* value = nullptr;
    if (n.known(1) != nullptr) {
        attributes.add("pads", n.integersOf(1, "pads"));
    } else {
        pads = &net.cast(n.in(1), DataType::kINT64);
    }
    if (const Constant* c = n.known(2); c != nullptr && c->count == 1 && isFloating(c->type)) {
        attributes.add("value", static_cast<float>(toReals(*c)[0]));
    } else if (n.has(2)) {
        value = n.rank(2) == 0 ? &n.in(2) : &net.reshape(n.in(2), Dims{});
    }
    if (n.has(3) && n.known(3) == nullptr) {
        OperatorAttributes mode;
        mode.add("mode", n.text("mode", "constant"));
        if (n.has(2)) value = n.rank(2) == 0 ? &n.in(2) : &net.reshape(n.in(2), Dims{});
        return {Net::out(net.op("pad_data", mode, {&x, &n.in(1), value, &n.in(3)}))};
    }
    if (n.known(3) != nullptr) {
        attributes.add("axes", n.axes(n.integersOf(3, "axes"), n.rank(0)));
    }
    std::vector<ITensor*> inputs{&x, pads, value};
    while (inputs.back() == nullptr) inputs.pop_back();
    return {Net::out(net.op("pad", attributes, inputs))};
}

}  // namespace

void registerImporters_movement(ImporterTable& table) {
    table.add({
        {"Concat", importConcat},
        {"Pad", importPad},
        {"Slice", importSlice},
        {"Split", importSplit},
    });
}

}  // namespace bireme::onnx_import
