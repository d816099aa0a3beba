// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferVersion.h
//! TensorRT's name for the version macros.

#include "bireme/version.h"
