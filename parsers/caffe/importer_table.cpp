// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

void registerAllImporters(ImporterTable& table);  // generated from the files in ops/

void ImporterTable::add(std::initializer_list<ImporterRow> rows) {
    for (const ImporterRow& row : rows) rows_[row.type] = row;
}

const ImporterRow* ImporterTable::find(std::string_view type) const {
    const auto it = rows_.find(type);
    return it == rows_.end() ? nullptr : &it->second;
}

std::vector<ImporterRow> ImporterTable::rows() const {
    std::vector<ImporterRow> out;
    for (const auto& [name, row] : rows_) out.push_back(row);
    return out;
}

const ImporterTable& ImporterTable::instance() {
    static const ImporterTable table = [] {
        ImporterTable t;
        registerAllImporters(t);
        return t;
    }();
    return table;
}

}  // namespace bireme::caffe_import
