// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferRuntime.h
//! TensorRT's name for the API without the network.

#include "bireme/calibrator.h"
#include "bireme/context.h"
#include "bireme/engine.h"
#include "bireme/inspector.h"
#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"
#include "bireme/refitter.h"
#include "bireme/runtime.h"
#include "bireme/version.h"
