// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

void registerAllImporters(ImporterTable& table);  // generated from the files in ops/

const ImporterTable& ImporterTable::instance() {
    static const ImporterTable table = [] {
        ImporterTable t;
        registerAllImporters(t);
        return t;
    }();
    return table;
}

}  // namespace bireme::uff_import
