// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parsers/common/importer_rows.h"
#include "parsers/uff/node.h"

namespace bireme::uff_import {

/// Adds the layers of one node. Throws Refusal.
using Importer = Value (*)(Node&);

/// What an operation says about the order of the dimensions of its first input.
enum class OrderRole { kNothing, kKeeps, kTells };

struct ImporterRow {
    const char* op;
    Importer import;  ///< null: the graph's import handles it
    const char* meaning;
    OrderRole role = OrderRole::kNothing;
};

/// All operations that can be imported, filled by the families in parsers/uff/ops.
class ImporterTable : public parsers::ImporterRows<ImporterRow, &ImporterRow::op> {
public:
    /// The table of this library.
    static const ImporterTable& instance();
};

}  // namespace bireme::uff_import
