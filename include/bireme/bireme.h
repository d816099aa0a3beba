// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file bireme.h
//! Everything but the parsers.

#include "bireme/builder.h"
#include "bireme/calibrator.h"
#include "bireme/context.h"
#include "bireme/device_memory.h"
#include "bireme/engine.h"
#include "bireme/inspector.h"
#include "bireme/machine.h"
#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"
#include "bireme/profiler.h"
#include "bireme/refitter.h"
#include "bireme/runtime.h"
#include "bireme/version.h"
