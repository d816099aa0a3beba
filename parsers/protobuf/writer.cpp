// SPDX-License-Identifier: Apache-2.0
#include "parsers/protobuf/writer.h"

#include <protozero/pbf_writer.hpp>

namespace bireme::protobuf {

void Writer::integer(const Field& field, int64_t value) {
    protozero::pbf_writer(data_).add_int64(field.number, value);
}

void Writer::flag(const Field& field, bool value) {
    protozero::pbf_writer(data_).add_bool(field.number, value);
}

void Writer::real64(const Field& field, double value) {
    protozero::pbf_writer(data_).add_double(field.number, value);
}

void Writer::bytes(const Field& field, std::string_view value) {
    protozero::pbf_writer(data_).add_bytes(field.number, value.data(), value.size());
}

void Writer::packed(const Field& field, const std::vector<int64_t>& values) {
    protozero::pbf_writer(data_).add_packed_int64(field.number, values.begin(), values.end());
}

void Writer::packed(const Field& field, const std::vector<double>& values) {
    protozero::pbf_writer(data_).add_packed_double(field.number, values.begin(), values.end());
}

}  // namespace bireme::protobuf
