// SPDX-License-Identifier: Apache-2.0
// Convolution, Deconvolution and their forms in depth.
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

struct Window {
    int64_t maps = 0;
    int64_t groups = 1;
    bool bias = true;
    Shape kernel, stride, pad, dilation;
};

Window windowOf(Layer& l, const Message& p, const Shape& x) {
    l.require(x.size() >= 3 && x.size() <= 5,
              "its bottom " + toText(x) + " needs batch, channels and 1 to 3 spatial axes");
    l.require(l.axis(p.integer("axis", 1), x.size()) == 1, "an axis other than 1 is not supported");
    const size_t axes = x.size() - 2;
    Window w;
    w.maps = p.integer("num_output", 0);
    l.require(w.maps > 0 && w.maps <= INT32_MAX, "num_output must be positive");
    w.groups = p.integer("group", 1);
    w.bias = p.flag("bias_term", true);
    w.kernel = spatialOf(l, p, "kernel_size", "kernel_h", "kernel_w", axes, -1);
    w.stride = spatialOf(l, p, "stride", "stride_h", "stride_w", axes, 1);
    w.pad = spatialOf(l, p, "pad", "pad_h", "pad_w", axes, 0);
    w.dilation = spatialOf(l, p, "dilation", "dilation_h", "dilation_w", axes, 1);
    const int64_t channels = l.extent(x, 1);
    if (l.type() == "DepthwiseConvolution" || l.type() == "ConvolutionDepthwise")
        w.groups = channels;
    l.require(w.groups > 0 && channels % w.groups == 0 && w.maps % w.groups == 0,
              std::to_string(w.groups) + " groups divide neither or only one of " +
                  std::to_string(channels) + " channels and num_output " + std::to_string(w.maps));
    return w;
}

template <class L>
ITensor* finish(L& layer, const Window& w) {
    layer.setNbGroups(w.groups);
    layer.setStrideNd(toDims(w.stride));
    layer.setPaddingNd(toDims(w.pad));
    layer.setDilationNd(toDims(w.dilation));
    return &Net::out(layer);
}

template <bool transposed>
Tops importConvolution(Layer& l) {
    l.require(l.count() > 0 && l.count() == l.tops(), "it needs one top for each bottom");
    Tops out;
    for (size_t i = 0; i < l.count(); ++i) {
        const Window w = windowOf(l, l.params("convolution_param"), l.dims(i));
        const int64_t channels = l.dims(i)[1];
        Shape dims =
            transposed ? Shape{channels, w.maps / w.groups} : Shape{w.maps, channels / w.groups};
        dims.insert(dims.end(), w.kernel.begin(), w.kernel.end());
        const Weights kernel = l.weights(0, dims, "its kernel", Random::kKERNEL).weights();
        const Weights bias = w.bias ? l.weights(1, {w.maps}, "its bias", Random::kBIAS).weights()
                                    : Weights{DataType::kFLOAT, nullptr, 0};
        INetworkDefinition& net = l.net().raw();
        const Dims size = toDims(w.kernel);
        if constexpr (transposed)
            out.push_back(finish(
                l.net().made(net.addDeconvolutionNd(l.in(i), w.maps, size, kernel, bias)), w));
        else
            out.push_back(
                finish(l.net().made(net.addConvolutionNd(l.in(i), w.maps, size, kernel, bias)), w));
    }
    return out;
}

}  // namespace

void registerImporters_convolution(ImporterTable& table) {
    table.add({
        {"Convolution", importConvolution<false>, "1 to 3 spatial axes, groups, dilation"},
        {"ConvolutionDepthwise", importConvolution<false>, "of forks: one group per channel"},
        {"Deconvolution", importConvolution<true>, "1 to 3 spatial axes, groups, dilation"},
        {"DepthwiseConvolution", importConvolution<false>, "of forks: one group per channel"},
    });
}

}  // namespace bireme::caffe_import
