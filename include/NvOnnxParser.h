// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvOnnxParser.h
//! TensorRT's name for the ONNX parser.

#include "bireme/parsers/onnx.h"
