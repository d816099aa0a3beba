// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/onnx/node.h"

namespace bireme::onnx_import {

/// Adds the layers of one node. Throws Refusal.
using Importer = Outputs (*)(Node&);

struct ImporterRow {
    const char* op;
    Importer import;
    const char* domain = "";  ///< "" is ONNX's own
    int64_t since = 1;        ///< first opset in which the operator exists
    int64_t until = 0;        ///< last one, 0: still there
};

/// All operators that can be imported, filled by the families in parsers/onnx/ops.
class ImporterTable {
public:
    void add(std::initializer_list<ImporterRow> rows);
    /// Null when there is none.
    const ImporterRow* find(std::string_view domain, std::string_view op) const;
    /// Sorted by domain and name.
    std::vector<ImporterRow> rows() const;

    /// The table of this library.
    static const ImporterTable& instance();

private:
    std::unordered_map<std::string, ImporterRow> rows_;
};

}  // namespace bireme::onnx_import
