// SPDX-License-Identifier: Apache-2.0
// What a rewrite looks for: a value built at run time that says which op makes a tensor and what
// its operands are.
#pragma once

#include "ir/constants.h"
#include "ir/graph.h"

#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace bireme::ir {

// op<Softmax>("root").in(op<Pointwise>().single(), constant("scale"))
// Names are literals; a name that occurs twice must be the same value in both places.
class Pattern {
public:
    using Test = bool (*)(const Op&, int64_t argument);

    // A null type fits whatever makes the value. Use op(), any() and constant().
    Pattern(const char* name, const std::type_info* type, bool constant)
        : name_(name), constant_(constant) {
        if (type) types_.push_back(type);
    }

    // Operands in order; those behind the last are free. An absent operand fits any("...") of no
    // name only.
    template <typename... P>
    Pattern in(P... operands) && {
        operands_ = {std::move(operands)...};
        return std::move(*this);
    }
    // The first two operands may stand in either order.
    Pattern either() && {
        either_ = true;
        return std::move(*this);
    }
    // One reader, and nothing the user can see: the node may vanish.
    Pattern single() && {
        single_ = true;
        return std::move(*this);
    }
    template <typename T>
    Pattern orOp() && {
        types_.push_back(&typeid(T));
        return std::move(*this);
    }
    Pattern where(Test test, int64_t argument = 0) && {
        tests_.emplace_back(test, argument);
        return std::move(*this);
    }

    // Ops that can make the value; empty: any value fits.
    const std::vector<const std::type_info*>& types() const { return types_; }

private:
    friend class Matcher;
    const char* name_;
    std::vector<const std::type_info*> types_;
    std::vector<std::pair<Test, int64_t>> tests_;
    std::vector<Pattern> operands_;
    bool constant_, either_ = false, single_ = false;
};

template <typename T>
Pattern op(const char* name = "") {
    return Pattern(name, &typeid(T), false);
}
inline Pattern any(const char* name = "") { return Pattern(name, nullptr, false); }
inline Pattern constant(const char* name = "") { return Pattern(name, nullptr, true); }

// What a pattern found. Values by the pattern's names; nodes are those that made them.
class Match {
public:
    NodeId root() const { return nodes_.front(); }
    ValueId operator[](std::string_view name) const;  // kNoValue for a name the pattern lacks
    const std::vector<NodeId>& nodes() const { return nodes_; }  // root first

private:
    friend class Matcher;
    std::vector<std::pair<std::string_view, ValueId>> values_;
    std::vector<NodeId> nodes_;
};

// Is a tensor of the graph one that only nodes read?
bool isInternal(const Graph& g, ValueId v);

// Does `node` (by its output 0) fit?
bool match(const Graph& g, Constants& constants, const Pattern& pattern, NodeId node, Match& found);

}  // namespace bireme::ir
