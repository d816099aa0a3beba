// SPDX-License-Identifier: Apache-2.0
// One run of the converter: from a graph to the nodes of a UFF file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/tensorflow/uff_file.h"

namespace bireme::tensorflow {

class Conversion;

/// A node whose inputs are names alone: control inputs are gone, Identity is looked through.
struct Step {
    Conversion& run;
    const Node& node;
    std::vector<std::string> inputs;

    const std::string& in(size_t i) const;
    /// Value of an input that must be constant.
    Array constant(size_t i, const char* what) const;
    /// Spatial entries of an attribute of four values.
    Shape spatial(const char* name) const;
    bool channelsFirst() const;
    const char* dataOrder() const { return channelsFirst() ? "NC+" : "N+C"; }
    [[noreturn]] void refuse(const std::string& why) const { throw Refusal(why); }
};

/// Adds the UFF nodes of one TensorFlow node. The inputs of the last one are converted next.
using Converter = std::vector<std::string> (*)(const Step&);

struct ConverterRow {
    const char* op;  ///< TensorFlow's
    Converter convert;
    const char* uff;  ///< UFF's operation, for people
    const char* note = "";
};

/// All operations that become one of UFF's own, filled by the families in parsers/tensorflow/ops.
class ConverterTable {
public:
    void add(std::initializer_list<ConverterRow> rows);
    const ConverterRow* find(std::string_view op) const;
    std::vector<ConverterRow> rows() const;
    static const ConverterTable& instance();

private:
    std::map<std::string, ConverterRow, std::less<>> rows_;
};

/// What the caller wants instead of the graph's own.
struct Replacement {
    std::string name, newName;
    int64_t type = 0;  ///< UFF's
    Shape shape;
};

class Conversion {
public:
    explicit Conversion(Graph& graph) : graph_(graph) {}

    /// Outputs empty: the nodes that nobody consumes. The bytes of the file; empty with errors().
    std::string run(std::vector<std::string> outputs, const std::vector<Replacement>& replacements);

    UffFile& file() { return file_; }
    Graph& graph() { return graph_; }
    void warn(const std::string& text) { warnings_.push_back(text); }
    const std::vector<std::string>& errors() const { return errors_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// Adds the node and gives its inputs.
    std::vector<std::string> emit(const UffNode& node);
    /// Value of a constant, through Identity; null when it is none.
    const Node* constantNode(std::string_view name);

private:
    void replace(const std::vector<Replacement>& replacements);
    void convertNode(const std::string& name, std::vector<std::string>& open);
    std::string resolved(const std::string& input);

    Graph& graph_;
    UffFile file_;
    std::map<std::string, Replacement> inputs_;
    std::vector<std::string> errors_;
    std::vector<std::string> warnings_;
};

/// Nodes that nobody consumes, leaving out constants.
std::vector<std::string> defaultOutputs(Graph& graph);

// Rewrites of the graph before it is converted.
using Renamed = std::map<std::string, std::string>;  ///< nodes that another one now stands for
void removeAsserts(Graph& graph);
void collapseDilatedConvolutions(Graph& graph, Renamed& renamed);
void collapseSoftmax(Graph& graph, Renamed& renamed);

}  // namespace bireme::tensorflow
