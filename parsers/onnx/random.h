// SPDX-License-Identifier: Apache-2.0
// Random numbers for several importers.
#pragma once

#include "parsers/onnx/node.h"

namespace bireme::onnx_import {

/// Numbers of shape `shape`. "random_uniform": from [alpha, beta); "random_normal": of mean alpha
/// and deviation beta. The node's attribute "seed" makes every execution give the same numbers.
ITensor& drawn(Node& n, const Extents& shape, DataType type, const char* operation, float alpha,
               float beta);

}  // namespace bireme::onnx_import
