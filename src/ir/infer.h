// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "base/text.h"
#include "ir/graph.h"

#include <string>
#include <vector>

namespace bireme::ir {

// What a shape rule sees of one node. Shapes are symbolic; a static shape is the case in which all
// are numbers.
class InferContext {
public:
    struct Input {
        bool present = false;
        TensorDesc desc;
        const Blob* constant = nullptr;  // bytes, when known at build time
        std::optional<DimVector>
            known;  // elements, when an integer (or bool) tensor of at most kMaxKnown elements
        std::string name;
    };
    struct Output {
        TensorDesc desc;
        std::optional<DimVector> known;
        ValueKind kind = ValueKind::tensor;
    };
    static constexpr size_t kMaxKnown = 256;

    InferContext(const Node& node, std::vector<Input> inputs, std::vector<std::string> outputNames);

    int inputs() const { return static_cast<int>(inputs_.size()); }
    bool has(int i) const { return i < inputs() && inputs_[i].present; }
    const TensorDesc& in(int i) const;
    const DimVector* known(int i) const;  // null when the elements are not known, even symbolically
    const Blob* constant(int i) const;    // null when the bytes are not known
    // Elements of a constant converted to float (Resize scales and the like); empty when not
    // constant.
    std::vector<float> constantFloats(int i) const;

    int outputs() const { return static_cast<int>(outputs_.size()); }
    TensorDesc& out(int i) { return outputs_[i].desc; }
    void setKnown(int output, DimVector elements);  // dropped when longer than kMaxKnown
    Output& output(int i) { return outputs_[i]; }

    // A new symbol for an extent that only running the node tells; `upper` bounds it.
    Dim stepExtent(int output, int index, const Dim& upper);
    struct Fresh {
        std::string name;
        SymbolSource source;
        int output;  // stepExtent: which output; hostElement: which input
        int index;
        DimRange range;
        Dim upper;
    };
    // A new symbol for element `index` of integer input `input`, whose value is only known when
    // running.
    Dim hostElement(int input, int index, DimRange range);
    const std::vector<Fresh>& fresh() const { return fresh_; }

    const std::vector<Graph>& bodies() const { return node_.bodies; }
    const Node& node() const { return node_; }

    template <typename... Args>
    void require(bool condition, const Args&... message) const {
        if (!condition) bireme::failInvalid(cat(message...));
    }
    int axis(int64_t axis, int rank) const;  // -rank..rank-1 to 0..rank-1, or an error
    // Numpy-style broadcast over equal ranks or with missing leading dims.
    DimVector broadcastDims(const DimVector& a, const DimVector& b) const;
    void requireReal(int input) const;
    void requireType(int input, DataType type) const;
    void requireSameType(int a, int b) const;

private:
    const Node& node_;
    std::vector<Input> inputs_;
    std::vector<std::string> outputNames_;
    std::vector<Output> outputs_;
    std::vector<Fresh> fresh_;
};

}  // namespace bireme::ir
