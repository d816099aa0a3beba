// SPDX-License-Identifier: Apache-2.0
// Layers that a plugin stands for.
#pragma once

#include <string>

#include "bireme/parsers/caffe.h"
#include "parsers/caffe/importer_table.h"
#include "parsers/common/plugin.h"

namespace bireme::caffe_import {

using nvcaffeparser1::IPluginFactoryV2;

/// Where plugins come from.
struct PluginSources {
    IPluginFactoryV2* factory = nullptr;
    std::string space;
};

/// The layer as the factory makes it, with all its trained blobs; the factory keeps the plugin.
Tops importFromFactory(Layer& layer, const PluginSources& sources);
/// The layer as a plugin of its type makes it: trained blob i is the field blob<i>.
Tops importFromRegistry(Layer& layer, IPluginCreatorInterface& creator,
                        const PluginSources& sources);

}  // namespace bireme::caffe_import
