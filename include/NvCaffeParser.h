// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvCaffeParser.h
//! TensorRT's name for the Caffe parser.

#include "bireme/parsers/caffe.h"
