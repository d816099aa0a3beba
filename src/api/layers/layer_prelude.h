// SPDX-License-Identifier: Apache-2.0
// Short names for the sources of this folder.
#pragma once

#include "api/layers/edit.h"

namespace bireme::ops {}

namespace nvinfer1 {
using bireme::api::add;
using bireme::api::edit;
using bireme::api::Layer;
using bireme::api::Network;
using bireme::api::read;
using bireme::api::require;
using bireme::ir::Op;
namespace api = bireme::api;
namespace ops = bireme::ops;
}  // namespace nvinfer1
