// SPDX-License-Identifier: Apache-2.0
#include "ops/deconvolution.h"

#include "api/layers/kernel_layer.h"
#include "api/layers/layer_prelude.h"

namespace bireme::api {

template <>
std::vector<int64_t> kernelDims(const Layer& layer, const ops::Deconvolution& op, int64_t count) {
    if (layer.outputMaps % op.groups) return {};
    int64_t perGroup = layer.outputMaps / op.groups;
    int64_t unit = perGroup * windowVolume(layer.kernelSize);
    if (count % unit) return {};
    std::vector<int64_t> dims{count / unit, perGroup};
    dims.insert(dims.end(), layer.kernelSize.begin(), layer.kernelSize.end());
    return dims;
}

}  // namespace bireme::api

namespace nvinfer1 {

BIREME_KERNEL_LAYER(IDeconvolutionLayer, ops::Deconvolution)

IDeconvolutionLayer* INetworkDefinition::addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps,
                                                            Dims kernelSize, Weights kernelWeights,
                                                            Weights biasWeights) noexcept {
    return add<IDeconvolutionLayer>(*impl_, [&](Network& n) -> Layer& {
        return api::addKernelLayer<ops::Deconvolution>(n, LayerType::kDECONVOLUTION, input,
                                                       nbOutputMaps, kernelSize, kernelWeights,
                                                       biasWeights);
    });
}

}  // namespace nvinfer1
