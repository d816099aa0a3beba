// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/plugin.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"

namespace bireme::parsers {

namespace {

template <typename T, typename From>
bool append(std::vector<uint8_t>& bytes, From value) {
    if constexpr (std::is_integral_v<T>) {
        if constexpr (std::is_floating_point_v<From>)
            if (std::nearbyint(value) != value || std::abs(value) > 9e15) return false;
        const auto wide = static_cast<int64_t>(value);
        if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max())
            return false;
    }
    const T narrow = static_cast<T>(value);
    const auto* p = reinterpret_cast<const uint8_t*>(&narrow);
    bytes.insert(bytes.end(), p, p + sizeof narrow);
    return true;
}

template <typename From>
bool appendAs(std::vector<uint8_t>& bytes, PluginFieldType type, From value) {
    switch (type) {
        case PluginFieldType::kINT8: return append<int8_t>(bytes, value);
        case PluginFieldType::kINT16: return append<int16_t>(bytes, value);
        case PluginFieldType::kINT32: return append<int32_t>(bytes, value);
        case PluginFieldType::kINT64: return append<int64_t>(bytes, value);
        case PluginFieldType::kFLOAT32: return append<float>(bytes, value);
        case PluginFieldType::kFLOAT64: return append<double>(bytes, value);
        default: return false;
    }
}

template <typename From>
bool convert(std::vector<uint8_t>& bytes, PluginFieldType type, const std::vector<From>& values) {
    for (const From v : values)
        if (!appendAs(bytes, type, v)) return false;
    return true;
}

bool isOfV3(IPluginCreatorInterface& creator) {
    return std::string_view(creator.getInterfaceInfo().kind) == "PLUGIN CREATOR_V3ONE";
}

const PluginFieldCollection* declared(IPluginCreatorInterface& creator) {
    return isOfV3(creator) ? static_cast<IPluginCreatorV3One&>(creator).getFieldNames()
                           : static_cast<IPluginCreator&>(creator).getFieldNames();
}

struct Destroy {
    void operator()(IPluginV2* plugin) const noexcept { plugin->destroy(); }
};

}  // namespace

void PluginFields::store(std::string name, PluginFieldType type, size_t length,
                         std::vector<uint8_t> bytes) {
    stored_.push_back({std::move(name), std::move(bytes), type, static_cast<int32_t>(length)});
}

bool PluginFields::add(std::string name, PluginFieldType type, const std::vector<int64_t>& values) {
    std::vector<uint8_t> bytes;
    if (type == PluginFieldType::kDIMS) {
        if (values.size() > static_cast<size_t>(Dims::MAX_DIMS)) return false;
        Dims dims{static_cast<int32_t>(values.size()), {}};
        for (size_t i = 0; i < values.size(); ++i) dims.d[i] = values[i];
        bytes.resize(sizeof dims);
        std::memcpy(bytes.data(), &dims, sizeof dims);
        store(std::move(name), type, 1, std::move(bytes));
        return true;
    }
    if (!convert(bytes, type, values)) return false;
    store(std::move(name), type, values.size(), std::move(bytes));
    return true;
}

bool PluginFields::add(std::string name, PluginFieldType type, const std::vector<double>& values) {
    std::vector<uint8_t> bytes;
    if (!convert(bytes, type, values)) return false;
    store(std::move(name), type, values.size(), std::move(bytes));
    return true;
}

void PluginFields::add(std::string name, const std::string& text) {
    std::vector<uint8_t> bytes(text.begin(), text.end());
    bytes.push_back(0);
    store(std::move(name), PluginFieldType::kCHAR, text.size(), std::move(bytes));
}

bool PluginFields::add(std::string name, const Weights& values) {
    PluginFieldType type = PluginFieldType::kUNKNOWN;
    size_t size = 0;
    switch (values.type) {
        case DataType::kFLOAT: type = PluginFieldType::kFLOAT32, size = 4; break;
        case DataType::kHALF: type = PluginFieldType::kFLOAT16, size = 2; break;
        case DataType::kBF16: type = PluginFieldType::kBF16, size = 2; break;
        case DataType::kINT32: type = PluginFieldType::kINT32, size = 4; break;
        case DataType::kINT64: type = PluginFieldType::kINT64, size = 8; break;
        case DataType::kINT8: type = PluginFieldType::kINT8, size = 1; break;
        default: return false;
    }
    const auto* p = static_cast<const uint8_t*>(values.values);
    const auto count = static_cast<size_t>(values.count);
    store(std::move(name), type, count,
          count == 0 ? std::vector<uint8_t>() : std::vector<uint8_t>(p, p + count * size));
    return true;
}

const PluginFieldCollection& PluginFields::collection() {
    fields_.clear();
    for (const Stored& s : stored_)
        fields_.emplace_back(s.name.c_str(), s.bytes.data(), s.type, s.length);
    collection_ = {static_cast<int32_t>(fields_.size()), fields_.data()};
    return collection_;
}

PluginFieldType integerField(const std::vector<int64_t>& values) {
    for (const int64_t v : values)
        if (v < INT32_MIN || v > INT32_MAX) return PluginFieldType::kINT64;
    return PluginFieldType::kINT32;
}

IPluginCreatorInterface* findCreator(INetworkDefinition& network, const std::string& name,
                                     const std::string& version, const std::string& space) {
    return network.getBuilder().getPluginRegistry().getCreator(name.c_str(), version.c_str(),
                                                               space.c_str());
}

PluginFieldType declaredType(IPluginCreatorInterface& creator, const std::string& field) {
    const PluginFieldCollection* fields = declared(creator);
    for (int32_t i = 0; fields != nullptr && i < fields->nbFields; ++i)
        if (fields->fields[i].name != nullptr && field == fields->fields[i].name)
            return fields->fields[i].type;
    return PluginFieldType::kUNKNOWN;
}

ILayer* addPluginV2(INetworkDefinition& network, IPluginV2& plugin, const PluginNode& node) {
    IPluginV2Layer* layer =
        network.addPluginV2(node.inputs.data(), static_cast<int32_t>(node.inputs.size()), plugin);
    const auto version =
        static_cast<PluginVersion>(static_cast<uint32_t>(plugin.getTensorRTVersion()) >> 24U);
    if (layer != nullptr && node.leadingBatch && version != PluginVersion::kV2_DYNAMICEXT)
        layer->setLeadingBatch(true);
    return layer;
}

ILayer* addPlugin(INetworkDefinition& network, IPluginCreatorInterface& creator,
                  const PluginNode& node, const PluginFieldCollection& fields, std::string& why) {
    if (isOfV3(creator)) {
        const std::unique_ptr<IPluginV3> plugin(
            static_cast<IPluginCreatorV3One&>(creator).createPlugin(node.name.c_str(), &fields,
                                                                    TensorRTPhase::kBUILD));
        if (plugin == nullptr) {
            why = "the plugin's creator made nothing of its fields";
            return nullptr;
        }
        return network.addPluginV3(node.inputs.data(), static_cast<int32_t>(node.inputs.size()),
                                   node.shapeInputs.data(),
                                   static_cast<int32_t>(node.shapeInputs.size()), *plugin);
    }
    if (!node.shapeInputs.empty()) {
        why = "a plugin of the second generation has no shape inputs";
        return nullptr;
    }
    const std::unique_ptr<IPluginV2, Destroy> plugin(
        static_cast<IPluginCreator&>(creator).createPlugin(node.name.c_str(), &fields));
    if (plugin == nullptr) {
        why = "the plugin's creator made nothing of its fields";
        return nullptr;
    }
    plugin->setPluginNamespace(node.space.c_str());
    return addPluginV2(network, *plugin, node);
}

}  // namespace bireme::parsers
