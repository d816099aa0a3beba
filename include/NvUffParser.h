// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvUffParser.h
//! TensorRT's name for the UFF parser.

#include "bireme/parsers/uff.h"
