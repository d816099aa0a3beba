// SPDX-License-Identifier: Apache-2.0
// Writing of protobuf's wire form, fields by the same tables that the readers use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/protobuf/wire.h"

namespace bireme::protobuf {

/// Appends the fields of one message to a string that it owns.
class Writer {
public:
    void integer(const Field& field, int64_t value);
    void flag(const Field& field, bool value);
    void real64(const Field& field, double value);
    void bytes(const Field& field, std::string_view value);  ///< also texts and finished messages
    void packed(const Field& field, const std::vector<int64_t>& values);
    void packed(const Field& field, const std::vector<double>& values);

    const std::string& data() const { return data_; }
    std::string take() { return std::move(data_); }

private:
    std::string data_;
};

}  // namespace bireme::protobuf
