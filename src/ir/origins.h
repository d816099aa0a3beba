// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace bireme::ir {

// Names of the layers that a node does the work of, each once, in the order in which they came.
// Copies and sums share what they are made of, so that a node may come to stand for thousands of
// layers in as many steps; the list is made when somebody reads it.
class Origins {
public:
    Origins() = default;
    Origins(std::initializer_list<std::string> names) : Origins(std::vector<std::string>(names)) {}
    explicit Origins(std::vector<std::string> names);

    void add(const Origins& more);  // those that are new, after the others
    bool empty() const { return part_ == nullptr; }
    const std::string& front() const;  // there must be one
    std::vector<std::string> list() const;

private:
    struct Part;
    std::shared_ptr<Part> part_;  // never changed: others may share it
};

}  // namespace bireme::ir
