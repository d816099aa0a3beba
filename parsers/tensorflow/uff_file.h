// SPDX-License-Identifier: Apache-2.0
// A UFF file being written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "parsers/protobuf/writer.h"
#include "parsers/tensorflow/graph.h"

namespace bireme::tensorflow {

/// One node being written; it belongs to the file when it is added to it.
class UffNode {
public:
    UffNode(std::string id, std::string operation, std::vector<std::string> inputs);

    UffNode& text(const char* name, const std::string& value);
    UffNode& integer(const char* name, int64_t value);
    UffNode& real(const char* name, double value);
    UffNode& flag(const char* name, bool value);
    UffNode& integers(const char* name, const Shape& values);
    UffNode& type(const char* name, int64_t uff);
    UffNode& reference(const char* name, const std::string& key);
    /// Whatever the attribute holds, under its name. Empty lists and what UFF lacks are left out.
    UffNode& attribute(const std::string& name, const Attribute& value);

    const std::string& id() const { return id_; }
    const std::vector<std::string>& inputs() const { return inputs_; }
    const std::string& operation() const { return operation_; }
    std::string message() const;

private:
    UffNode& field(const std::string& name, const std::string& data);

    std::string id_;
    std::string operation_;
    std::vector<std::string> inputs_;
    std::string fields_;
};

class UffFile {
public:
    void add(const UffNode& node);
    bool has(const std::string& id) const { return ids_.count(id) != 0; }
    /// A Const node with its weights.
    void constant(const std::string& id, const Array& value);
    /// Key of the orders of a node's inputs, by their names in the format: {"N+C", "+CK"}.
    std::string orders(const std::vector<std::string>& names);
    /// The whole file.
    std::string finish() const;

private:
    std::string nodes_;
    std::map<std::string, bool> ids_;
    std::map<std::string, std::string> referenced_;  ///< Data messages
    bool custom_ = false;
};

}  // namespace bireme::tensorflow
