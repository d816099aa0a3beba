// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::parsers {

/// The rows of a parser's table by one of their names, filled by the families in its folder ops.
template <typename Row, const char* Row::*Name>
class ImporterRows {
public:
    void add(std::initializer_list<Row> rows) {
        for (const Row& row : rows) rows_[row.*Name] = row;
    }
    /// Null when there is none.
    const Row* find(std::string_view name) const {
        const auto it = rows_.find(name);
        return it == rows_.end() ? nullptr : &it->second;
    }
    /// Sorted by name.
    std::vector<Row> rows() const {
        std::vector<Row> out;
        for (const auto& [name, row] : rows_) out.push_back(row);
        return out;
    }

private:
    std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace bireme::parsers
