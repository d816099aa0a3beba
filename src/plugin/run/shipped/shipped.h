// SPDX-License-Identifier: Apache-2.0
// Plugins that come with the library, under the names of TensorRT's.
#pragma once

#include "bireme/plugin_v2.h"

#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::plugin {

// One each, alive as long as the process.
std::vector<IPluginCreator*> shippedCreators();

// A number from a field of any numeric type, `missing` where there is none.
double numberOf(const PluginFieldCollection* fields, std::string_view name, double missing);

// What shipped plugins share: no state but `Settings`, a plain struct, whose bytes are the state.
template <typename Derived, typename Settings>
class ShippedPlugin : public IPluginV2DynamicExt {
public:
    ShippedPlugin(const char* type, const Settings& settings) : settings_(settings), type_(type) {}

    AsciiChar const* getPluginType() const noexcept override { return type_; }
    AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
    void setPluginNamespace(AsciiChar const* space) noexcept override { space_ = space; }
    AsciiChar const* getPluginNamespace() const noexcept override { return space_.c_str(); }
    bool supportsDevice(DeviceType device) const noexcept override {
        return device == DeviceType::kCPU;
    }
    int32_t initialize() noexcept override { return 0; }
    void terminate() noexcept override {}
    void configurePlugin(DynamicPluginTensorDesc const*, int32_t, DynamicPluginTensorDesc const*,
                         int32_t) noexcept override {}
    size_t getWorkspaceSize(PluginTensorDesc const*, int32_t, PluginTensorDesc const*,
                            int32_t) const noexcept override {
        return 0;
    }
    size_t getSerializationSize() const noexcept override { return sizeof settings_; }
    void serialize(void* buffer) const noexcept override {
        std::memcpy(buffer, &settings_, sizeof settings_);
    }
    void destroy() noexcept override { delete static_cast<Derived*>(this); }
    IPluginV2DynamicExt* clone() const noexcept override {
        auto* copy = new (std::nothrow) Derived(type_, settings_);
        if (copy) copy->space_ = space_;
        return copy;
    }

protected:
    Settings settings_;

private:
    const char* type_;
    std::string space_;
};

template <typename Plugin, typename Settings>
class ShippedCreator final : public IPluginCreator {
public:
    using Read = Settings (*)(const PluginFieldCollection*);
    ShippedCreator(const char* name, std::vector<PluginField> fields, Read read)
        : name_(name), fields_(std::move(fields)), read_(read) {
        collection_ = {static_cast<int32_t>(fields_.size()), fields_.data()};
    }
    AsciiChar const* getPluginName() const noexcept override { return name_; }
    AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &collection_; }
    IPluginV2* createPlugin(AsciiChar const*,
                            PluginFieldCollection const* fields) noexcept override {
        return new (std::nothrow) Plugin(name_, read_(fields));
    }
    IPluginV2* deserializePlugin(AsciiChar const*, void const* data,
                                 size_t size) noexcept override {
        Settings settings;
        if (size != sizeof settings) return nullptr;
        std::memcpy(&settings, data, size);
        return new (std::nothrow) Plugin(name_, settings);
    }
    void setPluginNamespace(AsciiChar const* space) noexcept override { space_ = space; }
    AsciiChar const* getPluginNamespace() const noexcept override { return space_.c_str(); }

private:
    const char* name_;
    std::string space_;
    std::vector<PluginField> fields_;
    PluginFieldCollection collection_{};
    Read read_;
};

// efficient_nms.cpp, batched_nms.cpp
IPluginCreator* efficientNmsCreator();
IPluginCreator* batchedNmsCreator(const char* name);

}  // namespace bireme::plugin
