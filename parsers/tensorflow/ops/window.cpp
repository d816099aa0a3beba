// SPDX-License-Identifier: Apache-2.0
// Convolutions and poolings.
#include <algorithm>

#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

/// Zeros that a Pad in front adds on both sides, when they can become the window's own padding.
struct Padding {
    std::string input;  ///< what the window reads
    Shape padding;      ///< empty: none
};

Padding folded(const Step& s) {
    Padding out{s.in(0), {}};
    const Node* pad = s.run.graph().find(s.in(0));
    if (pad == nullptr || pad->op != "Pad" || pad->inputs.size() < 2) return out;
    const Node* amounts = s.run.constantNode(split(pad->inputs[1]).first);
    if (amounts == nullptr) return out;
    const std::vector<int64_t> p = Graph::constant(*amounts).integers();
    if (p.size() != 8) return out;
    const size_t first = s.channelsFirst() ? 2 : 1;
    const size_t channel = s.channelsFirst() ? 1 : 3;
    const auto even = [&](size_t axis) { return p[2 * axis] == p[2 * axis + 1]; };
    const bool others = p[0] == 0 && p[1] == 0 && p[2 * channel] == 0 && p[2 * channel + 1] == 0;
    if (!others || !even(first) || !even(first + 1)) return out;
    out.padding = {p[2 * first], p[2 * (first + 1)]};
    std::string input(split(pad->inputs[0]).first);
    const Node* source = s.run.graph().find(input);
    if (source != nullptr && source->op == "Identity" && !source->inputs.empty())
        input = split(source->inputs[0]).first;
    out.input = input;
    return out;
}

bool isSame(const Step& s) {
    const std::string padding = s.node.text("padding", "VALID");
    if (padding == "EXPLICIT") s.refuse("explicit padding is not supported; use a Pad in front");
    if (padding != "SAME" && padding != "VALID") s.refuse("padding " + padding + " is unknown");
    return padding == "SAME";
}

/// Attributes that a rewrite put there stand for more padding than the operation's own.
Shape extraPadding(const Step& s) { return s.node.integers("bireme_padding"); }

std::vector<std::string> convolution(const Step& s, bool depthwise) {
    const bool same = isSame(s);
    Padding in{s.in(0), extraPadding(s)};
    if (!same && in.padding.empty()) in = folded(s);
    const Shape strides = s.spatial("strides");
    UffNode node(s.node.name, "Conv", {in.input, s.in(1)});
    node.reference("inputs_orders", s.run.file().orders({s.dataOrder(), "+CK"}))
        .integers("strides", strides);
    if (const Attribute* d = s.node.find("dilations"); d != nullptr) {
        const Shape dilation = s.spatial("dilations");
        if (!depthwise || dilation != Shape{1, 1}) node.integers("dilation", dilation);
    }
    if (!in.padding.empty()) node.integers("padding", in.padding);
    if (same) node.text("implicit_padding", "same");
    if (depthwise) {
        const Array kernel = s.constant(1, "its kernel");
        if (kernel.dims.size() != 4) s.refuse("its kernel has not four dimensions");
        node.integer("number_groups", kernel.dims[2]);
    }
    return s.run.emit(node);
}

std::vector<std::string> convertConv2D(const Step& s) { return convolution(s, false); }
std::vector<std::string> convertDepthwise(const Step& s) { return convolution(s, true); }

std::vector<std::string> convertBackpropInput(const Step& s) {
    UffNode node(s.node.name, "ConvTranspose", {s.in(2), s.in(1), s.in(0)});
    node.reference("inputs_orders", s.run.file().orders({s.dataOrder(), "+KC"}))
        .integers("strides", s.spatial("strides"));
    if (s.node.find("dilations") != nullptr && s.spatial("dilations") != Shape{1, 1})
        node.integers("dilation", s.spatial("dilations"));
    if (isSame(s)) node.text("implicit_padding", "same");
    return s.run.emit(node);
}

std::vector<std::string> convertPool(const Step& s) {
    const bool average = s.node.op == "AvgPool";
    const bool same = isSame(s);
    // A maximum over added zeros is another one, so only averages take a Pad in.
    const Padding in = !same && average ? folded(s) : Padding{s.in(0), {}};
    UffNode node(s.node.name, "Pool", {in.input});
    node.text("func", average ? "avg" : "max")
        .integers("kernel", s.spatial("ksize"))
        .integers("strides", s.spatial("strides"))
        .reference("inputs_orders", s.run.file().orders({s.dataOrder()}));
    if (!in.padding.empty()) node.integers("padding", in.padding);
    if (same) node.text("implicit_padding", "same");
    return s.run.emit(node);
}

}  // namespace

void registerConverters_window(ConverterTable& table) {
    table.add({
        {"AvgPool", convertPool, "Pool", "an even Pad in front becomes its padding"},
        {"Conv2D", convertConv2D, "Conv",
         "an even Pad in front becomes its padding, SpaceToBatchND around it its dilation"},
        {"Conv2DBackpropInput", convertBackpropInput, "ConvTranspose"},
        {"DepthwiseConv2dNative", convertDepthwise, "Conv",
         "number_groups is the channels' number"},
        {"MaxPool", convertPool, "Pool"},
    });
}

}  // namespace bireme::tensorflow
