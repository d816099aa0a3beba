// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferPluginUtils.h
//! TensorRT's name for the types that plugins share.

#include "bireme/plugin.h"
