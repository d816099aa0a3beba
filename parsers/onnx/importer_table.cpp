// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/importer_table.h"

#include <algorithm>
#include <cstring>

namespace bireme::onnx_import {

void registerAllImporters(ImporterTable& table);  // generated from the files in ops/

namespace {
std::string keyOf(std::string_view domain, std::string_view op) {
    return std::string(domain) + "::" + std::string(op);
}
}  // namespace

void ImporterTable::add(std::initializer_list<ImporterRow> rows) {
    for (const ImporterRow& row : rows) rows_[keyOf(row.domain, row.op)] = row;
}

const ImporterRow* ImporterTable::find(std::string_view domain, std::string_view op) const {
    const auto it = rows_.find(keyOf(domain, op));
    return it == rows_.end() ? nullptr : &it->second;
}

std::vector<ImporterRow> ImporterTable::rows() const {
    std::vector<ImporterRow> out;
    for (const auto& [key, row] : rows_) out.push_back(row);
    std::sort(out.begin(), out.end(), [](const ImporterRow& a, const ImporterRow& b) {
        const int domains = std::strcmp(a.domain, b.domain);
        return domains != 0 ? domains < 0 : std::strcmp(a.op, b.op) < 0;
    });
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

}  // namespace bireme::onnx_import
