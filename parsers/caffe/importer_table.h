// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "parsers/caffe/layer.h"
#include "parsers/common/importer_rows.h"

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
class ImporterTable : public parsers::ImporterRows<ImporterRow, &ImporterRow::type> {
public:
    /// The table of this library.
    static const ImporterTable& instance();
};

}  // namespace bireme::caffe_import
