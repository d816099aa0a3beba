// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferPlugin.h
//! TensorRT's name for the plugins that come with the library.

#include "bireme/bireme.h"

//! Registers the plugins that come with the library: EfficientNMS_TRT, BatchedNMS_TRT and
//! BatchedNMSDynamic_TRT. The registry of the process has them in the namespace "" without a call.
//! \param logger without effect \param libNamespace another namespace to register them under
//! \return true
extern "C" BIREME_API bool initLibNvInferPlugins(void* logger, char const* libNamespace) noexcept;
