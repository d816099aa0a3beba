// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

void registerAllImporters(ImporterTable& table);  // generated from the files in ops/

const ImporterTable& ImporterTable::instance() {
    static const ImporterTable table = [] {
        ImporterTable t;
        registerAllImporters(t);
        return t;
    }();
    return table;
}

}  // namespace bireme::caffe_import
