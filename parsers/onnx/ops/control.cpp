// SPDX-License-Identifier: Apache-2.0
// Control flow has no importers: GraphImport makes the bodies itself. The rows are for those who
// ask the table what is supported.
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

void registerImporters_control(ImporterTable& table) {
    table.add({{"FlexAttention", nullptr, "ai.onnx.preview"},
               {"If", nullptr},
               {"Loop", nullptr},
               {"Scan", nullptr, "", 8},
               {"SequenceMap", nullptr, "", 17}});
}

}  // namespace bireme::onnx_import
