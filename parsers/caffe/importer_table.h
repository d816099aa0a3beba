// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/caffe/layer.h"

namespace bireme::caffe_import {

/// What an importer gives back, top by top.
using Tops = std::vector<ITensor*>;
/// Adds the network's layers for one layer of the file. Throws Refusal.
using Importer = Tops (*)(Layer&);

struct ImporterRow {
    const char* type;
    Importer import;
    const char* note = "";  ///< what the documentation says of it
};

/// All layer types that can be imported, filled by the families in parsers/caffe/ops.
class ImporterTable {
public:
    void add(std::initializer_list<ImporterRow> rows);
    /// Null when there is none.
    const ImporterRow* find(std::string_view type) const;
    /// Sorted by name.
    std::vector<ImporterRow> rows() const;

    /// The table of this library.
    static const ImporterTable& instance();

private:
    std::map<std::string, ImporterRow, std::less<>> rows_;
};

}  // namespace bireme::caffe_import
