// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferLegacyDims.h
//! TensorRT's name for Dims2, Dims3, Dims4 and DimsHW.

#include "bireme/dims.h"
