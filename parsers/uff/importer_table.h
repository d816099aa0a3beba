// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

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
class ImporterTable {
public:
    void add(std::initializer_list<ImporterRow> rows);
    /// Null when there is none.
    const ImporterRow* find(std::string_view op) const;
    /// Sorted by name.
    std::vector<ImporterRow> rows() const;

    /// The table of this library.
    static const ImporterTable& instance();

private:
    std::map<std::string, ImporterRow, std::less<>> rows_;
};

}  // namespace bireme::uff_import
