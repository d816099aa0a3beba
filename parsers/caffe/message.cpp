// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/message.h"

namespace bireme::caffe_import {

const Message::Entry* Message::find(std::string_view name) const {
    for (const Entry& e : entries_)
        if (e.field->name == name) return &e;
    return nullptr;
}

Message::Entry& Message::put(const FieldType& field) {
    entries_.push_back({&field, 0, 0, {}, nullptr});
    return entries_.back();
}

Message& Message::addMessage(const FieldType& field) {
    return *(put(field).message = std::make_unique<Message>(*field.message));
}

int64_t Message::integer(std::string_view name, int64_t missing) const {
    const Entry* e = find(name);
    return e == nullptr ? missing : e->integer;
}

double Message::real(std::string_view name, double missing) const {
    const Entry* e = find(name);
    return e == nullptr ? missing : e->real;
}

std::string Message::text(std::string_view name, std::string missing) const {
    const Entry* e = find(name);
    if (e != nullptr) return e->text;
    return missing;
}

const Message& Message::message(std::string_view name) const {
    if (const Entry* e = find(name)) return *e->message;
    static const MessageType kNothing("nothing", {});
    static const Message empty(kNothing);
    return empty;
}

std::vector<int64_t> Message::integers(std::string_view name) const {
    std::vector<int64_t> out;
    for (const Entry& e : entries_)
        if (e.field->name == name) out.push_back(e.integer);
    return out;
}

std::vector<double> Message::reals(std::string_view name) const {
    std::vector<double> out;
    for (const Entry& e : entries_)
        if (e.field->name == name) out.push_back(e.real);
    return out;
}

std::vector<std::string> Message::texts(std::string_view name) const {
    std::vector<std::string> out;
    for (const Entry& e : entries_)
        if (e.field->name == name) out.push_back(e.text);
    return out;
}

std::vector<const Message*> Message::messages(std::string_view name) const {
    std::vector<const Message*> out;
    for (const Entry& e : entries_)
        if (e.field->name == name) out.push_back(e.message.get());
    return out;
}

}  // namespace bireme::caffe_import
