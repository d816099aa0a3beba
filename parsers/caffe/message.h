// SPDX-License-Identifier: Apache-2.0
// A message read from text: which fields were set, and their values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/caffe/schema.h"

namespace bireme::caffe_import {

class Message {
public:
    explicit Message(const MessageType& type) : type_(&type) {}

    const MessageType& type() const { return *type_; }

    // Whether a field was set, and its value; the name must be one of the type's. A field that
    // this type of message does not have counts as not set.
    bool has(std::string_view name) const { return find(name) != nullptr; }
    int64_t integer(std::string_view name, int64_t missing) const;
    double real(std::string_view name, double missing) const;
    bool flag(std::string_view name, bool missing) const { return integer(name, missing) != 0; }
    std::string text(std::string_view name, std::string missing = {}) const;
    /// The message of that name; an empty one of its type when it was not set.
    const Message& message(std::string_view name) const;

    // Repeated fields.
    std::vector<int64_t> integers(std::string_view name) const;
    std::vector<double> reals(std::string_view name) const;
    std::vector<std::string> texts(std::string_view name) const;
    std::vector<const Message*> messages(std::string_view name) const;

    // For the reader.
    void add(const FieldType& field, int64_t value) { put(field).integer = value; }
    void add(const FieldType& field, double value) { put(field).real = value; }
    void add(const FieldType& field, std::string value) { put(field).text = std::move(value); }
    Message& addMessage(const FieldType& field);

    /// Line of the file on which the message begins.
    int line = 0;

private:
    struct Entry {
        const FieldType* field;
        int64_t integer = 0;
        double real = 0;
        std::string text;
        std::unique_ptr<Message> message;
    };
    Entry& put(const FieldType& field);
    const Entry* find(std::string_view name) const;

    const MessageType* type_;
    std::vector<Entry> entries_;
};

}  // namespace bireme::caffe_import
