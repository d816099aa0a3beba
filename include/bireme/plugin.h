// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file plugin.h
//! What all plugins share (fields, tensor descriptions) and their registry.

#include "bireme/allocator.h"
#include "bireme/error.h"
#include "bireme/logger.h"
#include "bireme/plugin_expr.h"

BIREME_NAMESPACE_BEGIN

using PluginFormat = TensorFormat;

//! Type of the values of a plugin's field.
enum class PluginFieldType : int32_t {
    kFLOAT16 = 0,
    kFLOAT32 = 1,
    kFLOAT64 = 2,
    kINT8 = 3,
    kINT16 = 4,
    kINT32 = 5,
    kCHAR = 6,
    kDIMS = 7,
    kUNKNOWN = 8,
    kBF16 = 9,
    kINT64 = 10,
    kFP8 = 11,
    kINT4 = 12,
    kFP4 = 13,
};
BIREME_ENUM_MAX(PluginFieldType, 14)

//! One named attribute of a plugin; all pointers are borrowed.
class PluginField {
public:
    AsciiChar const* name;
    void const* data;
    PluginFieldType type;
    int32_t length;  //!< number of values

    PluginField(AsciiChar const* const name_ = nullptr, void const* const data_ = nullptr,
                PluginFieldType const type_ = PluginFieldType::kUNKNOWN,
                int32_t const length_ = 0) noexcept
        : name(name_), data(data_), type(type_), length(length_) {}
};

//! Attributes of a plugin.
struct PluginFieldCollection {
    int32_t nbFields;
    PluginField const* fields;
};

//! One input or output of a plugin while it runs.
struct PluginTensorDesc {
    Dims dims;  //!< all extents known
    DataType type;
    TensorFormat format;
    float scale;  //!< of implicit quantisation
};

//! One input or output of a plugin while it is built.
struct DynamicPluginTensorDesc {
    PluginTensorDesc desc;  //!< -1 for run-time extents
    Dims min;
    Dims max;
    Dims opt;
};

enum class PluginVersion : uint8_t { kV2 = 0, kV2_EXT = 1, kV2_IOEXT = 2, kV2_DYNAMICEXT = 3 };

//! Base of all plugin creators.
class BIREME_API IPluginCreatorInterface : public IVersionedInterface {
public:
    ~IPluginCreatorInterface() noexcept override = default;

protected:
    IPluginCreatorInterface() = default;
    IPluginCreatorInterface(IPluginCreatorInterface const&) = default;
    IPluginCreatorInterface(IPluginCreatorInterface&&) = default;
    IPluginCreatorInterface& operator=(IPluginCreatorInterface const&) & = default;
    IPluginCreatorInterface& operator=(IPluginCreatorInterface&&) & = default;
};

//! Something that plugins share under a key. Implemented by the user.
class BIREME_API IPluginResource : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IPluginResource", 1, 0}; }
    //! Frees what clone() made.
    //! \return 0 for success
    virtual int32_t release() noexcept = 0;
    //! A copy that is ready for use; null on failure.
    virtual IPluginResource* clone() noexcept = 0;
    ~IPluginResource() noexcept override = default;
};

class IPluginCreator;

//! Finds plugin creators by name, version and namespace. Thread-safe. Creators are borrowed: they
//! must live as long as they are registered.
class BIREME_API IPluginRegistry : public INoCopy {
public:
    using PluginLibraryHandle = void*;

    //! \return false when (name, version, namespace) is taken
    bool registerCreator(IPluginCreatorInterface& creator,
                         AsciiChar const* const pluginNamespace) noexcept;
    //! \return false when it is not registered
    bool deregisterCreator(IPluginCreatorInterface const& creator) noexcept;
    //! Null when there is none here, nor in the parent if that is searched.
    IPluginCreatorInterface* getCreator(AsciiChar const* const pluginName,
                                        AsciiChar const* const pluginVersion,
                                        AsciiChar const* const pluginNamespace = "") noexcept;
    //! As getCreator(), for plugins of the second generation: null for creators of others.
    IPluginCreator* getPluginCreator(AsciiChar const* const pluginName,
                                     AsciiChar const* const pluginVersion,
                                     AsciiChar const* const pluginNamespace = "") noexcept;
    //! Creators of the second generation in this registry and those above it.
    //! \return an array valid until the next call
    IPluginCreator* const* getPluginCreatorList(int32_t* const numCreators) const noexcept;
    //! Creators of this registry. \param numCreators receives their number
    //! \return an array valid until the next registration
    IPluginCreatorInterface* const* getAllCreators(int32_t* const numCreators) const noexcept;
    //! Those of the parents too.
    IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* const numCreators) noexcept;

    //! Loads a shared object and registers the creators that its C function
    //! `getCreators(int32_t& n)` (or `getPluginCreators`, of TensorRT 8.6) gives, each in its own
    //! namespace. A library without the function may register creators while it is loaded, by
    //! REGISTER_TENSORRT_PLUGIN. Its function `setLoggerFinder(ILoggerFinder*)`, if it has one, is
    //! called first. Null on failure.
    PluginLibraryHandle loadLibrary(AsciiChar const* pluginPath) noexcept;
    //! Takes the creators of a library back and unloads it.
    void deregisterLibrary(PluginLibraryHandle handle) noexcept;

    //! Default true.
    void setParentSearchEnabled(bool const enabled) noexcept;
    bool isParentSearchEnabled() const noexcept;

    //! The resource under \p key, made by cloning \p resource when there is none. Null on failure.
    IPluginResource* acquirePluginResource(AsciiChar const* key,
                                           IPluginResource* resource) noexcept;
    //! Gives one acquisition back; the last one releases the resource.
    //! \return 0 for success
    int32_t releasePluginResource(AsciiChar const* key) noexcept;

    void setErrorRecorder(IErrorRecorder* const recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit IPluginRegistry(::bireme::api::PluginRegistry* impl) noexcept : impl_(impl) {}
    ~IPluginRegistry() noexcept override;
    ::bireme::api::PluginRegistry* impl_;
};

BIREME_NAMESPACE_END

//! The registry of the process.
extern "C" BIREME_API nvinfer1::IPluginRegistry* getPluginRegistry() noexcept;
//! The registry of the process; null for capabilities that are not built.
extern "C" BIREME_API nvinfer1::IPluginRegistry* getBuilderPluginRegistry(
    nvinfer1::EngineCapability capability) noexcept;

BIREME_NAMESPACE_BEGIN

//! Registers a creator of class \p T while it lives.
template <typename T>
class PluginRegistrar {
public:
    PluginRegistrar() { getPluginRegistry()->registerCreator(instance, ""); }

private:
    T instance{};
};

BIREME_NAMESPACE_END

//! Registers a plugin creator when the program or shared object is loaded.
#define REGISTER_TENSORRT_PLUGIN(name) \
    static nvinfer1::PluginRegistrar<name> pluginRegistrar##name {}
