// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInfer.h
//! TensorRT's name for the whole API.

#include "bireme/bireme.h"
