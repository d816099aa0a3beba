// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/node.h"

#include <algorithm>

namespace bireme::uff_import {

using Kind = Data::Kind;

Axes expanded(const Order& order, size_t rank) {
    const auto n = static_cast<int64_t>(rank);
    Order axes;
    for (size_t i = 0; i < order.size(); ++i) {
        const int64_t next = i + 1 < order.size() ? order[i + 1] : 0;
        if (next == kIncrement && order[i] != kDecrement) {
            for (int64_t a = order[i++]; a < n && a >= 0; ++a) axes.push_back(a);
        } else if (order[i] == kDecrement) {
            for (int64_t a = n - 1; a >= next && a >= 0; --a) axes.push_back(a);
            ++i;
        } else {
            axes.push_back(order[i]);
        }
    }
    Order sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    bool whole = sorted.size() == rank;
    for (size_t i = 0; whole && i < rank; ++i) whole = sorted[i] == static_cast<int64_t>(i);
    if (!whole)
        throw Refusal("the declared order of dimensions does not fit a rank of " +
                      std::to_string(rank));
    return {axes.begin(), axes.end()};
}

const Value& Node::in(size_t i) const {
    if (i >= inputs_.size())
        refuse("it has " + std::to_string(inputs_.size()) + " inputs, input " + std::to_string(i) +
               " is missing");
    return inputs_[i];
}

std::string_view Node::producer(size_t i) const {
    const FileNode* node = i < node_.inputs.size() ? file_.node(node_.inputs[i]) : nullptr;
    return node == nullptr ? std::string_view{} : node->operation;
}

Shape Node::integersOf(size_t i, const char* what) {
    const Constant* c = net_.known(in(i));
    if (c == nullptr)
        refuse(std::string(what) + " (input " + std::to_string(i) +
               ") is computed at run time; it has to be known when the network is built");
    return toIntegers(*c);
}

const Data* Node::find(const char* name) const {
    read_.insert(name);
    const Data* data = file_.resolve(node_.field(name));
    return data == nullptr || data->kind == Kind::kNone ? nullptr : data;
}

const Data* Node::typed(const char* name, Kind kind, const char* what) const {
    const Data* data = find(name);
    if (data != nullptr && data->kind != kind)
        refuse(std::string("field ") + name + " is not " + what);
    return data;
}

int64_t Node::integer(const char* name, int64_t missing) {
    const Data* data = typed(name, Kind::kInteger, "an integer");
    return data == nullptr ? missing : data->integer;
}

double Node::real(const char* name, double missing) {
    const Data* data = find(name);
    if (data == nullptr) return missing;
    if (data->kind == Kind::kInteger) return static_cast<double>(data->integer);
    if (data->kind != Kind::kReal) refuse(std::string("field ") + name + " is not a real number");
    return data->real;
}

bool Node::flag(const char* name, bool missing) {
    const Data* data = find(name);
    if (data == nullptr) return missing;
    if (data->kind != Kind::kFlag && data->kind != Kind::kInteger)
        refuse(std::string("field ") + name + " is not a boolean");
    return data->integer != 0;
}

std::string Node::text(const char* name, const std::string& missing) {
    const Data* data = typed(name, Kind::kText, "a text");
    if (data == nullptr) return missing;
    std::string_view t = data->text;
    // Some converters wrote Python's text of a bytes object.
    if (t.size() >= 3 && t[0] == 'b' && (t[1] == '\'' || t[1] == '"') && t.back() == t[1])
        t = t.substr(2, t.size() - 3);
    return std::string(t);
}

std::optional<Shape> Node::integers(const char* name) {
    const Data* data = find(name);
    if (data == nullptr) return std::nullopt;
    if (data->kind == Kind::kInteger) return Shape{data->integer};
    if (data->kind != Kind::kIntegers)
        refuse(std::string("field ") + name + " is not a list of integers");
    return data->integers;
}

int Node::axisOf(int64_t axis, size_t rank) const {
    const auto n = static_cast<int64_t>(rank);
    if (axis < -n || axis >= n)
        refuse("axis " + std::to_string(axis) + " of a value of rank " + std::to_string(n));
    return static_cast<int>(axis < 0 ? axis + n : axis);
}

int Node::axis(const char* name, int64_t missing, size_t rank) {
    return axisOf(integer(name, missing), rank);
}

std::string_view Node::blob(const char* name) {
    const Data* data = typed(name, Kind::kBlob, "a blob");
    if (data == nullptr) refuse(std::string("field ") + name + " is missing");
    return data->text;
}

int64_t Node::type(const char* name, int64_t missing) {
    const Data* data = typed(name, Kind::kType, "a type");
    return data == nullptr ? missing : data->integer;
}

std::optional<Axes> Node::order(size_t i, size_t rank) {
    const Data* data = typed("inputs_orders", Kind::kOrders, "a list of orders");
    if (data == nullptr || i >= data->orders.size() || data->orders[i].empty()) return std::nullopt;
    return expanded(data->orders[i], rank);
}

std::vector<std::string> Node::unread() const {
    std::vector<std::string> out;
    for (const auto& [name, data] : node_.fields)
        if (read_.count(name) == 0) out.emplace_back(name);
    return out;
}

}  // namespace bireme::uff_import
