// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"

#include "api/layers/kernel_layer.h"
#include "api/layers/layer_prelude.h"

namespace bireme::api {

template <>
std::vector<int64_t> kernelDims(const Layer& layer, const ops::Convolution&, int64_t count) {
    int64_t unit = layer.outputMaps * windowVolume(layer.kernelSize);
    if (count % unit) return {};
    std::vector<int64_t> dims{layer.outputMaps, count / unit};
    dims.insert(dims.end(), layer.kernelSize.begin(), layer.kernelSize.end());
    return dims;
}

}  // namespace bireme::api

namespace nvinfer1 {

BIREME_KERNEL_LAYER(IConvolutionLayer, ops::Convolution)

IConvolutionLayer* INetworkDefinition::addConvolutionNd(ITensor& input, int64_t nbOutputMaps,
                                                        Dims const& kernelSize,
                                                        Weights kernelWeights,
                                                        Weights biasWeights) noexcept {
    return add<IConvolutionLayer>(*impl_, [&](Network& n) -> Layer& {
        return api::addKernelLayer<ops::Convolution>(n, LayerType::kCONVOLUTION, input,
                                                     nbOutputMaps, kernelSize, kernelWeights,
                                                     biasWeights);
    });
}

}  // namespace nvinfer1
