// SPDX-License-Identifier: Apache-2.0
// A frozen TensorFlow graph: nodes as they stand, constants as arrays that UFF can hold.
#pragma once

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bireme::tensorflow {

/// Why a node or a graph cannot be converted. Caught per node: the others go on.
class Refusal : public std::runtime_error {
public:
    explicit Refusal(const std::string& why) : std::runtime_error(why) {}
};

using Shape = std::vector<int64_t>;

/// TensorFlow's numbers of element types, as far as they are named here.
enum class Type : int64_t {
    kFLOAT = 1,
    kDOUBLE = 2,
    kINT32 = 3,
    kUINT8 = 4,
    kINT16 = 5,
    kINT8 = 6,
    kINT64 = 9,
    kBOOL = 10,
    kUINT16 = 17,
    kHALF = 19,
};

/// UFF's number of a type; 7 for those that it cannot express. DOUBLE counts as FLOAT.
int64_t uffType(int64_t type);

/// A constant: row-major, little-endian.
struct Array {
    int64_t type = 0;  ///< UFF's number
    Shape dims;
    std::string bytes;

    int64_t count() const;
    /// Throws Refusal for other types than integers.
    std::vector<int64_t> integers() const;
};

struct Attribute {
    enum class Kind {
        kNone,
        kText,
        kInteger,
        kReal,
        kFlag,
        kType,
        kShape,
        kTensor,
        kTexts,
        kIntegers,
        kReals,
        kFlags,
        kTypes
    };
    Kind kind = Kind::kNone;
    std::string text;
    int64_t integer = 0;  ///< also of flags and types
    double real = 0;
    Shape integers;  ///< also of flags, types and shapes
    std::vector<double> reals;
    std::vector<std::string> texts;
    std::string_view tensor;  ///< an undecoded TensorProto
    bool unknownRank = false;
};

struct Node {
    std::string name;
    std::string op;
    std::vector<std::string> inputs;  ///< as written: "n", "n:k", "^n"
    std::vector<std::pair<std::string, Attribute>> attributes;

    const Attribute* find(std::string_view name) const;
    int64_t integer(std::string_view name, int64_t missing) const;
    double real(std::string_view name, double missing) const;
    bool flag(std::string_view name, bool missing) const;
    std::string text(std::string_view name, const std::string& missing) const;
    Shape integers(std::string_view name) const;
    void set(const std::string& name, Attribute value);
};

class Graph {
public:
    /// The bytes must outlive the graph. Throws Refusal when they are no frozen GraphDef.
    explicit Graph(std::string_view bytes);

    std::deque<Node>& nodes() { return nodes_; }
    /// Null when there is none.
    Node* find(std::string_view name);
    void remove(const std::unordered_set<const Node*>& gone);
    void rename(Node& node, const std::string& name);

    /// Value of a Const node, DOUBLE narrowed. Throws Refusal.
    static Array constant(const Node& node);

private:
    void index();

    std::deque<Node> nodes_;
    std::unordered_map<std::string_view, Node*> byName_;
};

/// Name and output of what an input names; control inputs have output -1.
std::pair<std::string_view, int64_t> split(std::string_view input);

}  // namespace bireme::tensorflow
