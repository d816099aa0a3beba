// SPDX-License-Identifier: Apache-2.0
// How an input is bound, and how its dimensions lie seen from the graph.
#pragma once

#include "parsers/uff/importer_table.h"
#include "parsers/uff/requests.h"

namespace bireme::uff_import {

struct InputLayout {
    Shape dims;   ///< of the network's input
    Axes where;   ///< dimension of the input for each of TensorFlow's; empty: the same
    Shape inner;  ///< not empty: the graph's dimensions, of another rank and the same volume
};

/// Throws Refusal when the registration does not fit the file.
InputLayout layoutOf(const File& file, const FileNode& input, const Requests& requests);

}  // namespace bireme::uff_import
