// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file version.h
//! Version of this library, and of the TensorRT API whose shape it has.

#include "bireme/namespace.h"

#define BIREME_VERSION_MAJOR 0
#define BIREME_VERSION_MINOR 1
#define BIREME_VERSION_PATCH 0
#define BIREME_VERSION "0.1.0"

// A program that defines BIREME_TRT8 takes the API as TensorRT 8 has it: networks made without
// kEXPLICIT_BATCH have an implicit batch.
#ifdef BIREME_TRT8
#define NV_TENSORRT_MAJOR 8
#define NV_TENSORRT_MINOR 6
#define NV_TENSORRT_PATCH 1
#define NV_TENSORRT_BUILD 0
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*1000 + (minor)*100 + (patch))
#else
#define NV_TENSORRT_MAJOR 10
#define NV_TENSORRT_MINOR 16
#define NV_TENSORRT_PATCH 0
#define NV_TENSORRT_BUILD 0
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
#endif
#define NV_TENSORRT_VERSION \
    NV_TENSORRT_VERSION_INT(NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH)

//! Version of the API that the loaded library has: NV_TENSORRT_VERSION of its build.
extern "C" BIREME_API int32_t getInferLibVersion() noexcept;
extern "C" BIREME_API int32_t getInferLibMajorVersion() noexcept;
extern "C" BIREME_API int32_t getInferLibMinorVersion() noexcept;
extern "C" BIREME_API int32_t getInferLibPatchVersion() noexcept;
extern "C" BIREME_API int32_t getInferLibBuildVersion() noexcept;

//! Version of the loaded Bireme library, such as "0.1.0".
extern "C" BIREME_API char const* getBiremeVersion() noexcept;
