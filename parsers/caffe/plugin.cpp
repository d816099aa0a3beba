// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/plugin.h"

namespace bireme::caffe_import {

namespace {

parsers::PluginNode nodeOf(Layer& layer, const PluginSources& sources) {
    parsers::PluginNode node;
    node.name = layer.name();
    node.space = sources.space;
    node.leadingBatch = true;
    for (size_t i = 0; i < layer.count(); ++i) node.inputs.push_back(&layer.in(i));
    return node;
}

Tops topsOf(Layer& layer, ILayer* made) {
    layer.net().made(made);
    Tops tops;
    for (int32_t i = 0; i < made->getNbOutputs(); ++i) tops.push_back(made->getOutput(i));
    layer.require(tops.size() == layer.tops(), "its plugin has " + std::to_string(tops.size()) +
                                                   " outputs, the layer has " +
                                                   std::to_string(layer.tops()) + " tops");
    return tops;
}

}  // namespace

Tops importFromFactory(Layer& layer, const PluginSources& sources) {
    std::vector<Weights> weights;
    for (size_t i = 0; i < layer.blobs(); ++i) weights.push_back(layer.blob(i).weights());
    IPluginV2* plugin =
        sources.factory->createPlugin(layer.name().c_str(), weights.data(),
                                      static_cast<int32_t>(weights.size()), sources.space.c_str());
    if (plugin == nullptr) layer.refuse("the plugin factory made nothing of it");
    return topsOf(layer, parsers::addPluginV2(layer.net().raw(), *plugin, nodeOf(layer, sources)));
}

Tops importFromRegistry(Layer& layer, IPluginCreatorInterface& creator,
                        const PluginSources& sources) {
    parsers::PluginFields fields;
    for (size_t i = 0; i < layer.blobs(); ++i)
        fields.add("blob" + std::to_string(i), layer.blob(i).weights());
    std::string why;
    ILayer* made = parsers::addPlugin(layer.net().raw(), creator, nodeOf(layer, sources),
                                      fields.collection(), why);
    if (!why.empty()) layer.refuse(why);
    return topsOf(layer, made);
}

}  // namespace bireme::caffe_import
