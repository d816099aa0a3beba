// SPDX-License-Identifier: Apache-2.0
// Custom nodes that a plugin of the registry stands for.
#pragma once

#include <string>
#include <vector>

#include "parsers/common/plugin.h"
#include "parsers/uff/node.h"
#include "parsers/uff/requests.h"

namespace bireme::uff_import {

/// The creator for a node `_Name`: a plugin Name, version 1, in the namespace that the caller set.
/// Null when there is none.
IPluginCreatorInterface* creatorFor(INetworkDefinition& network, const FileNode& node,
                                    const Requests& requests);

/// Adds the plugin: typed fields (`key_u_int`, ...) without their suffix, others as they are. Maps
/// of four dimensions are given as N, C, H, W where the caller wants them so, else in TensorFlow's
/// order; the batch is not seen by plugins of fixed shapes. One value per output.
std::vector<Value> importPlugin(const File& file, const FileNode& node, Net& net,
                                const std::vector<Value>& inputs, IPluginCreatorInterface& creator,
                                const Requests& requests);

}  // namespace bireme::uff_import
