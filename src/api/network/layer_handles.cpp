// SPDX-License-Identifier: Apache-2.0
#include "api/access.h"
#include "api/network/network.h"

namespace bireme::api {

template <typename Handle>
static ILayer* make(Layer& layer) {
    return Access::make<Handle>(&layer);
}

ILayer* makeLayerHandle(Layer& layer) {
    switch (layer.type) {
        case LayerType::kCONVOLUTION: return make<IConvolutionLayer>(layer);
        case LayerType::kDECONVOLUTION: return make<IDeconvolutionLayer>(layer);
        case LayerType::kPOOLING: return make<IPoolingLayer>(layer);
        case LayerType::kACTIVATION: return make<IActivationLayer>(layer);
        case LayerType::kUNARY: return make<IUnaryLayer>(layer);
        case LayerType::kELEMENTWISE: return make<IElementWiseLayer>(layer);
        case LayerType::kPARAMETRIC_RELU: return make<IParametricReLULayer>(layer);
        case LayerType::kSCALE: return make<IScaleLayer>(layer);
        case LayerType::kSELECT: return make<ISelectLayer>(layer);
        case LayerType::kIDENTITY: return make<IIdentityLayer>(layer);
        case LayerType::kCAST: return make<ICastLayer>(layer);
        case LayerType::kMATRIX_MULTIPLY: return make<IMatrixMultiplyLayer>(layer);
        case LayerType::kEINSUM: return make<IEinsumLayer>(layer);
        case LayerType::kSOFTMAX: return make<ISoftMaxLayer>(layer);
        case LayerType::kREDUCE: return make<IReduceLayer>(layer);
        case LayerType::kCUMULATIVE: return make<ICumulativeLayer>(layer);
        case LayerType::kLRN: return make<ILRNLayer>(layer);
        case LayerType::kNORMALIZATION: return make<INormalizationLayer>(layer);
        case LayerType::kSHUFFLE: return make<IShuffleLayer>(layer);
        case LayerType::kCONCATENATION: return make<IConcatenationLayer>(layer);
        case LayerType::kSQUEEZE: return make<ISqueezeLayer>(layer);
        case LayerType::kUNSQUEEZE: return make<IUnsqueezeLayer>(layer);
        case LayerType::kSLICE: return make<ISliceLayer>(layer);
        case LayerType::kPADDING: return make<IPaddingLayer>(layer);
        case LayerType::kSHAPE: return make<IShapeLayer>(layer);
        case LayerType::kCONSTANT: return make<IConstantLayer>(layer);
        case LayerType::kGATHER: return make<IGatherLayer>(layer);
        case LayerType::kSCATTER: return make<IScatterLayer>(layer);
        case LayerType::kTOPK: return make<ITopKLayer>(layer);
        case LayerType::kONE_HOT: return make<IOneHotLayer>(layer);
        case LayerType::kNON_ZERO: return make<INonZeroLayer>(layer);
        case LayerType::kRESIZE: return make<IResizeLayer>(layer);
        case LayerType::kGRID_SAMPLE: return make<IGridSampleLayer>(layer);
        case LayerType::kREVERSE_SEQUENCE: return make<IReverseSequenceLayer>(layer);
        case LayerType::kFILL: return make<IFillLayer>(layer);
        case LayerType::kASSERTION: return make<IAssertionLayer>(layer);
        case LayerType::kNMS: return make<INMSLayer>(layer);
        case LayerType::kQUANTIZE: return make<IQuantizeLayer>(layer);
        case LayerType::kDEQUANTIZE: return make<IDequantizeLayer>(layer);
        case LayerType::kPLUGIN_V2: return make<IPluginV2Layer>(layer);
        case LayerType::kPLUGIN_V3: return make<IPluginV3Layer>(layer);
        case LayerType::kCUSTOM_OP: return make<ICustomOpLayer>(layer);
        default: break;
    }
    fail(ErrorCode::kINTERNAL_ERROR, cat("no class for layer type ", static_cast<int>(layer.type)));
}

}  // namespace bireme::api
