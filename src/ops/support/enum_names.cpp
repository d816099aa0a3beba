// SPDX-License-Identifier: Apache-2.0
#include "ops/support/enum_names.h"

namespace nvinfer1 {

using bireme::EnumName;
using bireme::EnumNames;

EnumNames enumNames(PaddingMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(PaddingMode::kEXPLICIT_ROUND_DOWN), "explicit_round_down"},
        {static_cast<int64_t>(PaddingMode::kEXPLICIT_ROUND_UP), "explicit_round_up"},
        {static_cast<int64_t>(PaddingMode::kSAME_UPPER), "same_upper"},
        {static_cast<int64_t>(PaddingMode::kSAME_LOWER), "same_lower"},
    };
    return names;
}

EnumNames enumNames(PoolingType) {
    static const EnumName names[] = {
        {static_cast<int64_t>(PoolingType::kMAX), "max"},
        {static_cast<int64_t>(PoolingType::kAVERAGE), "average"},
        {static_cast<int64_t>(PoolingType::kMAX_AVERAGE_BLEND), "max_average_blend"},
    };
    return names;
}

EnumNames enumNames(MatrixOperation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(MatrixOperation::kNONE), "none"},
        {static_cast<int64_t>(MatrixOperation::kTRANSPOSE), "transpose"},
        {static_cast<int64_t>(MatrixOperation::kVECTOR), "vector"},
    };
    return names;
}

EnumNames enumNames(ReduceOperation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ReduceOperation::kSUM), "sum"},
        {static_cast<int64_t>(ReduceOperation::kPROD), "prod"},
        {static_cast<int64_t>(ReduceOperation::kMAX), "max"},
        {static_cast<int64_t>(ReduceOperation::kMIN), "min"},
        {static_cast<int64_t>(ReduceOperation::kAVG), "avg"},
        {static_cast<int64_t>(ReduceOperation::kNONE), "none"},
    };
    return names;
}

EnumNames enumNames(SampleMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(SampleMode::kSTRICT_BOUNDS), "strict_bounds"},
        {static_cast<int64_t>(SampleMode::kWRAP), "wrap"},
        {static_cast<int64_t>(SampleMode::kCLAMP), "clamp"},
        {static_cast<int64_t>(SampleMode::kFILL), "fill"},
        {static_cast<int64_t>(SampleMode::kREFLECT), "reflect"},
    };
    return names;
}

EnumNames enumNames(GatherMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(GatherMode::kDEFAULT), "default"},
        {static_cast<int64_t>(GatherMode::kELEMENT), "element"},
        {static_cast<int64_t>(GatherMode::kND), "nd"},
    };
    return names;
}

EnumNames enumNames(ScatterMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ScatterMode::kELEMENT), "element"},
        {static_cast<int64_t>(ScatterMode::kND), "nd"},
    };
    return names;
}

EnumNames enumNames(ScaleMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ScaleMode::kUNIFORM), "uniform"},
        {static_cast<int64_t>(ScaleMode::kCHANNEL), "channel"},
        {static_cast<int64_t>(ScaleMode::kELEMENTWISE), "elementwise"},
    };
    return names;
}

EnumNames enumNames(InterpolationMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(InterpolationMode::kNEAREST), "nearest"},
        {static_cast<int64_t>(InterpolationMode::kLINEAR), "linear"},
        {static_cast<int64_t>(InterpolationMode::kCUBIC), "cubic"},
    };
    return names;
}

EnumNames enumNames(ResizeCoordinateTransformation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ResizeCoordinateTransformation::kALIGN_CORNERS), "align_corners"},
        {static_cast<int64_t>(ResizeCoordinateTransformation::kASYMMETRIC), "asymmetric"},
        {static_cast<int64_t>(ResizeCoordinateTransformation::kHALF_PIXEL), "half_pixel"},
    };
    return names;
}

EnumNames enumNames(ResizeSelector) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ResizeSelector::kFORMULA), "formula"},
        {static_cast<int64_t>(ResizeSelector::kUPPER), "upper"},
    };
    return names;
}

EnumNames enumNames(ResizeRoundMode) {
    static const EnumName names[] = {
        {static_cast<int64_t>(ResizeRoundMode::kHALF_UP), "half_up"},
        {static_cast<int64_t>(ResizeRoundMode::kHALF_DOWN), "half_down"},
        {static_cast<int64_t>(ResizeRoundMode::kFLOOR), "floor"},
        {static_cast<int64_t>(ResizeRoundMode::kCEIL), "ceil"},
    };
    return names;
}

EnumNames enumNames(TopKOperation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(TopKOperation::kMAX), "max"},
        {static_cast<int64_t>(TopKOperation::kMIN), "min"},
    };
    return names;
}

EnumNames enumNames(FillOperation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(FillOperation::kLINSPACE), "linspace"},
        {static_cast<int64_t>(FillOperation::kRANDOM_UNIFORM), "random_uniform"},
        {static_cast<int64_t>(FillOperation::kRANDOM_NORMAL), "random_normal"},
    };
    return names;
}

EnumNames enumNames(CumulativeOperation) {
    static const EnumName names[] = {
        {static_cast<int64_t>(CumulativeOperation::kSUM), "sum"},
    };
    return names;
}

EnumNames enumNames(BoundingBoxFormat) {
    static const EnumName names[] = {
        {static_cast<int64_t>(BoundingBoxFormat::kCORNER_PAIRS), "corner_pairs"},
        {static_cast<int64_t>(BoundingBoxFormat::kCENTER_SIZES), "center_sizes"},
    };
    return names;
}

}  // namespace nvinfer1
