// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/plugin.h"

#include <algorithm>

namespace bireme::onnx_import {

namespace {

constexpr const char* kShapeInputs = "tensorrt_plugin_shape_input_indices";

std::string textOf(const NodeProto& node, std::string_view name, const char* missing) {
    for (const AttributeProto& a : node.attributes)
        if (a.name == name && a.type == AttributeType::kString) return std::string(a.s);
    return missing;
}

bool addInts(parsers::PluginFields& fields, const std::string& name, PluginFieldType declared,
             const std::vector<int64_t>& values) {
    if (declared == PluginFieldType::kUNKNOWN) declared = parsers::integerField(values);
    return fields.add(name, declared, values);
}

bool addReals(parsers::PluginFields& fields, const std::string& name, PluginFieldType declared,
              const std::vector<double>& values) {
    if (declared == PluginFieldType::kUNKNOWN) declared = PluginFieldType::kFLOAT32;
    return fields.add(name, declared, values);
}

bool addField(parsers::PluginFields& fields, const AttributeProto& a, PluginFieldType declared,
              Net& net) {
    const std::string name(a.name);
    switch (a.type) {
        case AttributeType::kInt: return addInts(fields, name, declared, {a.i});
        case AttributeType::kInts: return addInts(fields, name, declared, a.ints);
        case AttributeType::kFloat: return addReals(fields, name, declared, {a.f});
        case AttributeType::kFloats:
            return addReals(fields, name, declared, {a.floats.begin(), a.floats.end()});
        case AttributeType::kString: fields.add(name, std::string(a.s)); return true;
        case AttributeType::kTensor:
            return a.t != nullptr && fields.add(name, net.pool().import(*a.t)->weights());
        default: return false;
    }
}

}  // namespace

IPluginCreatorInterface* creatorFor(INetworkDefinition& network, const NodeProto& node) {
    return parsers::findCreator(network, std::string(node.opType),
                                textOf(node, "plugin_version", "1"),
                                textOf(node, "plugin_namespace", ""));
}

Outputs importPlugin(Node& node, IPluginCreatorInterface& creator) {
    parsers::PluginFields fields;
    for (const AttributeProto& a : node.proto().attributes) {
        const std::string name(a.name);
        if (name == "plugin_version" || name == "plugin_namespace" || name == kShapeInputs)
            continue;
        if (!addField(fields, a, parsers::declaredType(creator, name), node.net()))
            node.refuse("attribute \"" + name + "\" does not fit the plugin's field",
                        ErrorCode::kUNSUPPORTED_NODE_ATTR);
    }
    parsers::PluginNode plugin;
    plugin.name = std::string(node.proto().name);
    plugin.space = textOf(node.proto(), "plugin_namespace", "");
    const std::vector<int64_t> shapes = node.integers(kShapeInputs);
    for (int i = 0; i < node.inputs(); ++i) {
        const bool isShape = std::find(shapes.begin(), shapes.end(), i) != shapes.end();
        (isShape ? plugin.shapeInputs : plugin.inputs).push_back(&node.in(i));
    }
    std::string why;
    ILayer* layer = parsers::addPlugin(node.net().raw(), creator, plugin, fields.collection(), why);
    if (!why.empty()) node.refuse(why);
    node.net().made(layer);
    Outputs outputs;
    for (int i = 0; i < layer->getNbOutputs(); ++i) outputs.push_back(layer->getOutput(i));
    return outputs;
}

}  // namespace bireme::onnx_import
