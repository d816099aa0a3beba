// SPDX-License-Identifier: Apache-2.0
// Nodes that a plugin of the registry stands for.
#pragma once

#include "parsers/common/plugin.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

/// The creator whose plugin has the node's operator as its name; its version and namespace are the
/// node's attributes plugin_version (default "1") and plugin_namespace (""). Null when there is
/// none.
IPluginCreatorInterface* creatorFor(INetworkDefinition& network, const NodeProto& node);

/// Attributes become the plugin's fields, of the types that the creator declares. Inputs listed in
/// the attribute tensorrt_plugin_shape_input_indices become shape inputs.
Outputs importPlugin(Node& node, IPluginCreatorInterface& creator);

}  // namespace bireme::onnx_import
