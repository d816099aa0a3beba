// SPDX-License-Identifier: Apache-2.0
// Names of the public enums that ops have as attributes, for text and plan files.
#pragma once

#include "base/fields.h"
#include "bireme/layers/cumulative.h"
#include "bireme/layers/fill.h"
#include "bireme/layers/gather.h"
#include "bireme/layers/matrix_multiply.h"
#include "bireme/layers/nms.h"
#include "bireme/layers/padding_mode.h"
#include "bireme/layers/pooling.h"
#include "bireme/layers/reduce.h"
#include "bireme/layers/resize.h"
#include "bireme/layers/sample_mode.h"
#include "bireme/layers/scale.h"
#include "bireme/layers/scatter.h"
#include "bireme/layers/topk.h"

namespace nvinfer1 {

bireme::EnumNames enumNames(PaddingMode);
bireme::EnumNames enumNames(PoolingType);
bireme::EnumNames enumNames(MatrixOperation);
bireme::EnumNames enumNames(ReduceOperation);
bireme::EnumNames enumNames(SampleMode);
bireme::EnumNames enumNames(GatherMode);
bireme::EnumNames enumNames(ScatterMode);
bireme::EnumNames enumNames(ScaleMode);
bireme::EnumNames enumNames(InterpolationMode);
bireme::EnumNames enumNames(ResizeCoordinateTransformation);
bireme::EnumNames enumNames(ResizeSelector);
bireme::EnumNames enumNames(ResizeRoundMode);
bireme::EnumNames enumNames(TopKOperation);
bireme::EnumNames enumNames(FillOperation);
bireme::EnumNames enumNames(CumulativeOperation);
bireme::EnumNames enumNames(BoundingBoxFormat);

}  // namespace nvinfer1
