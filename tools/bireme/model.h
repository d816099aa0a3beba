// SPDX-License-Identifier: Apache-2.0
// Models of every format: what a file is, and how it becomes a network.
#pragma once

#include <memory>
#include <string>

#include "bireme/network.h"
#include "tools/bireme/terminal.h"

namespace bireme::cli {

enum class FileKind { kEngine, kOnnx, kUff, kTensorFlow, kCaffe };

// By the first bytes; what is nothing else is taken for ONNX, whose parser says what is wrong.
FileKind kindOf(const std::string& path);

// Adds the model to the network. The result owns what the network borrows until it is built.
// Throws std::runtime_error with all reasons.
std::shared_ptr<void> parseModel(const Options& o, INetworkDefinition& network,
                                 TerminalLogger& logger);

}  // namespace bireme::cli
