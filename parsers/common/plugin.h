// SPDX-License-Identifier: Apache-2.0
// Nodes of a model that become plugins of the registry.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bireme/builder.h"

namespace bireme::parsers {

/// Fields of a plugin with memory of their own.
class PluginFields {
public:
    /// Integers as values of `type`: kINT8 to kINT64, kFLOAT32, kFLOAT64, or kDIMS (one).
    /// False when a value does not fit.
    bool add(std::string name, PluginFieldType type, const std::vector<int64_t>& values);
    /// Reals as kFLOAT32 or kFLOAT64, or as integers where they are.
    bool add(std::string name, PluginFieldType type, const std::vector<double>& values);
    /// Characters as kCHAR; a NUL that is not counted follows.
    void add(std::string name, const std::string& text);
    /// Weights as bytes of their type.
    bool add(std::string name, const Weights& values);

    /// Valid until the next call of add().
    const PluginFieldCollection& collection();

private:
    void store(std::string name, PluginFieldType type, size_t length, std::vector<uint8_t> bytes);

    struct Stored {
        std::string name;
        std::vector<uint8_t> bytes;
        PluginFieldType type;
        int32_t length;
    };
    std::deque<Stored> stored_;
    std::vector<PluginField> fields_;
    PluginFieldCollection collection_{0, nullptr};
};

/// The smallest of kINT32 and kINT64 that holds all.
PluginFieldType integerField(const std::vector<int64_t>& values);

/// A creator in the registry of the network's builder or of the process; null when there is none.
IPluginCreatorInterface* findCreator(INetworkDefinition& network, const std::string& name,
                                     const std::string& version, const std::string& space);

/// How the creator declares a field; kUNKNOWN when it does not.
PluginFieldType declaredType(IPluginCreatorInterface& creator, const std::string& field);

struct PluginNode {
    std::string name;   ///< of the node: what the creator is given
    std::string space;  ///< namespace of the plugin
    std::vector<ITensor*> inputs;
    std::vector<ITensor*> shapeInputs;
    /// Plugins of fixed shapes do not see the batch, as in the parsers of implicit batches.
    bool leadingBatch = false;
};

/// Has the creator make a plugin and adds its layer. Null on failure: `why` says so, or stays empty
/// when the network's recorder was told.
ILayer* addPlugin(INetworkDefinition& network, IPluginCreatorInterface& creator,
                  const PluginNode& node, const PluginFieldCollection& fields, std::string& why);
/// Adds the layer of a plugin, which is cloned.
ILayer* addPluginV2(INetworkDefinition& network, IPluginV2& plugin, const PluginNode& node);

}  // namespace bireme::parsers
