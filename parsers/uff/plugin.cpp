// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/plugin.h"

#include <algorithm>

namespace bireme::uff_import {

namespace {

using Kind = Data::Kind;

/// Some converters wrote Python's text of a bytes object.
std::string plainText(std::string_view t) {
    if (t.size() >= 3 && t[0] == 'b' && (t[1] == '\'' || t[1] == '"') && t.back() == t[1])
        t = t.substr(2, t.size() - 3);
    return std::string(t);
}

/// The key without the mark of its type.
std::string keyOf(std::string_view name) {
    for (const std::string_view mark :
         {"_u_int", "_u_float", "_u_bool", "_u_ilist", "_u_flist", "_u_str"})
        if (name.size() > mark.size() && name.substr(name.size() - mark.size()) == mark)
            return std::string(name.substr(0, name.size() - mark.size()));
    return std::string(name);
}

/// False for data that is no field of a plugin.
bool addField(parsers::PluginFields& fields, const std::string& key, const Data& d) {
    switch (d.kind) {
        case Kind::kInteger:
        case Kind::kFlag: return fields.add(key, PluginFieldType::kINT32, Shape{d.integer});
        case Kind::kIntegers:
        case Kind::kFlags: return fields.add(key, PluginFieldType::kINT32, d.integers);
        case Kind::kReal:
            return fields.add(key, PluginFieldType::kFLOAT32, std::vector<double>{d.real});
        case Kind::kReals: return fields.add(key, PluginFieldType::kFLOAT32, d.reals);
        case Kind::kText: fields.add(key, plainText(d.text)); return true;
        default: return true;  // types, orders and blobs say nothing to a plugin
    }
}

}  // namespace

IPluginCreatorInterface* creatorFor(INetworkDefinition& network, const FileNode& node,
                                    const Requests& requests) {
    if (node.operation.size() < 2 || node.operation[0] != '_') return nullptr;
    return parsers::findCreator(network, std::string(node.operation.substr(1)), "1",
                                requests.pluginNamespace);
}

std::vector<Value> importPlugin(const File& file, const FileNode& node, Net& net,
                                const std::vector<Value>& inputs, IPluginCreatorInterface& creator,
                                const Requests& requests) {
    parsers::PluginFields fields;
    for (const auto& [name, data] : node.fields) {
        if (name == "dtype" || name == "shape" || name == "inputs_orders") continue;
        const Data* d = file.resolve(&data);
        if (d != nullptr && !addField(fields, keyOf(name), *d))
            throw Refusal("the field " + std::string(name) + " does not fit 32 bits");
    }
    const auto layout = [&](size_t rank) {
        return rank == 4 && requests.isChannelsFirst() ? channelsFirst(rank) : Axes{};
    };
    parsers::PluginNode plugin;
    plugin.name = std::string(node.id);
    plugin.space = requests.pluginNamespace;
    plugin.leadingBatch = true;
    for (const Value& v : inputs) {
        const Axes where = layout(net.rank(v));
        plugin.inputs.push_back(where.empty() ? &net.logical(v) : &net.arranged(v, where));
    }
    std::string why;
    ILayer* layer = parsers::addPlugin(net.raw(), creator, plugin, fields.collection(), why);
    if (!why.empty()) throw Refusal(why);
    net.made(layer);
    std::vector<Value> outputs;
    for (int i = 0; i < layer->getNbOutputs(); ++i) {
        const Value own(*layer->getOutput(i));
        outputs.emplace_back(*own.tensor, layout(net.rank(own)));
    }
    return outputs;
}

}  // namespace bireme::uff_import
