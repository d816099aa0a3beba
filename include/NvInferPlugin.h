// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file NvInferPlugin.h
//! TensorRT's name for the plugins that come with the library.

#include "bireme/bireme.h"

//! Registers the plugins that come with the library.
//! \param logger nvinfer1::ILogger* \param libNamespace namespace to register them under
//! \return true: there are none yet, so none can fail
extern "C" BIREME_API bool initLibNvInferPlugins(void* logger, char const* libNamespace) noexcept;
