// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferRuntimeCommon.h
//! TensorRT's name for the types that all headers share.

#include "bireme/allocator.h"
#include "bireme/error.h"
#include "bireme/logger.h"
#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"
#include "bireme/types.h"
#include "bireme/version.h"
