// SPDX-License-Identifier: Apache-2.0
// One node as its importer sees it: checked access to fields and inputs.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/uff/net.h"

namespace bireme::uff_import {

class Node {
public:
    Node(const File& file, const FileNode& node, Net& net, std::vector<Value> inputs)
        : file_(file), node_(node), net_(net), inputs_(std::move(inputs)) {}

    Net& net() { return net_; }
    std::string op() const { return std::string(node_.operation); }

    // Inputs; a missing one is refused.
    size_t count() const { return inputs_.size(); }
    const Value& in(size_t i) const;
    Shape dims(size_t i) { return net_.dims(in(i)); }
    size_t rank(size_t i) { return net_.rank(in(i)); }
    /// Operation of the node that gives input `i`.
    std::string_view producer(size_t i) const;
    /// Values of an integer input that is known before the network runs.
    Shape integersOf(size_t i, const char* what);

    // Fields.
    bool has(const char* name) const { return find(name) != nullptr; }
    int64_t integer(const char* name, int64_t missing);
    double real(const char* name, double missing);
    bool flag(const char* name, bool missing);
    std::string text(const char* name, const std::string& missing);
    std::optional<Shape> integers(const char* name);
    /// The field's axis, counted from the front, of a value of `rank`.
    int axis(const char* name, int64_t missing, size_t rank);
    int axisOf(int64_t axis, size_t rank) const;
    /// The bytes of a field.
    std::string_view blob(const char* name);
    int64_t type(const char* name, int64_t missing);
    /// Canonical axis of each dimension of input `i` (data: N, C, spatial; kernel: K, C, spatial).
    /// Null when the file does not say.
    std::optional<Axes> order(size_t i, size_t rank);

    /// Fields that nothing asked for.
    std::vector<std::string> unread() const;

    [[noreturn]] void refuse(const std::string& why) const { throw Refusal(why); }
    void require(bool holds, const std::string& why) const {
        if (!holds) refuse(why);
    }

private:
    const Data* find(const char* name) const;
    const Data* typed(const char* name, Data::Kind kind, const char* what) const;

    const File& file_;
    const FileNode& node_;
    Net& net_;
    std::vector<Value> inputs_;
    mutable std::set<std::string_view> read_;
};

/// The dimensions of a value of `rank` that an order names, as canonical axes. Throws Refusal.
Axes expanded(const Order& order, size_t rank);

}  // namespace bireme::uff_import
