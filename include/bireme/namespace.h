// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file namespace.h
//! Opens and closes the namespace of every public class. The real namespace is `nvinfer1`, so that
//! code written for TensorRT can reopen it and forward-declare its classes; `bireme` sees all of it
//! through a using-directive: `bireme::IBuilder` and `nvinfer1::IBuilder` are the same class.

#include <cstddef>
#include <cstdint>

#define BIREME_NAMESPACE_BEGIN namespace nvinfer1 {
#define BIREME_NAMESPACE_END  \
    }                         \
    namespace bireme {        \
    using namespace nvinfer1; \
    }

#if defined(_WIN32)
#define BIREME_API
#else
#define BIREME_API __attribute__((visibility("default")))
#endif

#define TENSORRTAPI BIREME_API
#define TRT_NODISCARD [[nodiscard]]
#define TRT_DEPRECATED [[deprecated]]
#define TRT_DEPRECATED_ENUM TRT_DEPRECATED
#define TRT_DEPRECATED_API TRT_DEPRECATED BIREME_API
#define TRTNOEXCEPT

// The same opaque types as CUDA's own headers declare: both may be included.
struct CUstream_st;
struct CUevent_st;
typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;

namespace bireme {
namespace api {
//! The one friend of every public class: gives the library the pointer behind a handle.
struct Access;
struct Network;
struct Tensor;
struct Layer;
struct Profile;
struct Config;
struct Builder;
struct TimingCache;
struct DeviceMemory;
struct HostMemory;
struct Runtime;
struct RuntimeConfig;
struct Engine;
struct Context;
struct Inspector;
struct PluginRegistry;
struct DimExpr;
struct ExprBuilder;
}  // namespace api
}  // namespace bireme

namespace nvinfer1 {

using char_t = char;
using AsciiChar = char_t;

//! Base of every class that the library implements and the user only calls: no copy, no move.
class BIREME_API INoCopy {
protected:
    INoCopy() = default;
    virtual ~INoCopy() = default;
    INoCopy(INoCopy const&) = delete;
    INoCopy(INoCopy&&) = delete;
    INoCopy& operator=(INoCopy const&) = delete;
    INoCopy& operator=(INoCopy&&) = delete;
};

namespace impl {
template <typename T>
struct EnumMaxImpl;
}  // namespace impl

//! Number of members of enum \p T that TensorRT has too: they count from 0. Values of our own start
//! at 64 and are not counted.
template <typename T>
constexpr int32_t EnumMax() noexcept {
    return impl::EnumMaxImpl<T>::kVALUE;
}

}  // namespace nvinfer1

//! States the number of members of an enum; use inside `nvinfer1`.
#define BIREME_ENUM_MAX(Enum, count)             \
    namespace impl {                             \
    template <>                                  \
    struct EnumMaxImpl<Enum> {                   \
        static constexpr int32_t kVALUE = count; \
    };                                           \
    }

BIREME_NAMESPACE_BEGIN
BIREME_NAMESPACE_END
