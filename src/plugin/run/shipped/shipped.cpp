// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/shipped/shipped.h"

namespace bireme::plugin {

std::vector<IPluginCreator*> shippedCreators() {
    static const std::vector<IPluginCreator*> creators{efficientNmsCreator(),
                                                       batchedNmsCreator("BatchedNMS_TRT"),
                                                       batchedNmsCreator("BatchedNMSDynamic_TRT")};
    return creators;
}

double numberOf(const PluginFieldCollection* fields, std::string_view name, double missing) {
    for (int32_t i = 0; fields && i < fields->nbFields; ++i) {
        const PluginField& f = fields->fields[i];
        if (!f.name || name != f.name || !f.data || f.length < 1) continue;
        switch (f.type) {
            case PluginFieldType::kFLOAT32: return *static_cast<const float*>(f.data);
            case PluginFieldType::kFLOAT64: return *static_cast<const double*>(f.data);
            case PluginFieldType::kINT8: return *static_cast<const int8_t*>(f.data);
            case PluginFieldType::kINT16: return *static_cast<const int16_t*>(f.data);
            case PluginFieldType::kINT32: return *static_cast<const int32_t*>(f.data);
            case PluginFieldType::kINT64:
                return static_cast<double>(*static_cast<const int64_t*>(f.data));
            default: return missing;
        }
    }
    return missing;
}

}  // namespace bireme::plugin
