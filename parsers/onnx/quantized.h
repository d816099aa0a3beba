// SPDX-License-Identifier: Apache-2.0
// Quantised tensors as importers of several families need them.
#pragma once

#include "parsers/onnx/node.h"

namespace bireme::onnx_import {

/// True when all elements are 0.
bool allZero(const Constant& constant);
/// Input `i`; a list of one value as a scalar, which stands for the whole tensor.
ITensor& perTensorOrAxis(Node& n, int i);
/// (input x - input zero) * input scale as real numbers; a list of scales belongs to the last dim.
ITensor& dequantized(Node& n, int x, int scale, int zero);
/// A zero point as the ops of bytes take it; null when there is none.
ITensor* zeroPoint(Node& n, int i);
/// The product of input matrices a and b less their zero points, INT32; zero points are one value
/// or a list.
ITensor& integerProduct(Node& n, int a, int b, int zeroA, int zeroB);
/// saturate(round(sums * (scaleA * scaleB / input scale)) + input zero), of the zero point's type.
ITensor& requantized(Node& n, ITensor& sums, ITensor& scaleA, ITensor& scaleB, int scale, int zero);
/// saturate(round(y / input scale) + input zero); the type is that of the zero point, else
/// `missing`.
ITensor& quantized(Node& n, ITensor& y, int scale, int zero, DataType missing = DataType::kUINT8);

}  // namespace bireme::onnx_import
