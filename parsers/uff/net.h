// SPDX-License-Identifier: Apache-2.0
// Layers of the network as importers want them: TensorFlow's dimensions over values of any layout.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bireme/network.h"
#include "parsers/uff/refusal.h"
#include "parsers/uff/value.h"

namespace bireme::uff_import {

using Shape = std::vector<int64_t>;

Dims toDims(const Shape& values);
std::string toText(const Shape& dims);
/// N, H, W, C (any number of spatial dimensions) in a tensor of N, C, H, W.
Axes channelsFirst(size_t rank);
Axes identityAxes(size_t rank);
bool isIdentity(const Axes& axes);
/// Order of what is left when TensorFlow's dimensions in the set `gone` are taken out.
Axes without(const Axes& where, uint32_t gone);

class Net {
public:
    Net(INetworkDefinition& network, ConstantPool& pool) : network_(network), pool_(pool) {}

    INetworkDefinition& raw() { return network_; }
    ConstantPool& pool() { return pool_; }

    /// Notes a layer just added; throws Refusal for null.
    template <class L>
    L& made(L* layer) {
        note(layer);
        return *layer;
    }
    /// Layers noted since the last call.
    std::vector<ILayer*> takeMade();
    static ITensor& out(ILayer& layer, int index = 0);

    // Facts. -1 stands for an extent known only at run time.
    Shape dims(const Value& v);
    size_t rank(const Value& v) { return dims(v).size(); }
    DataType type(const Value& v);
    /// The values, where constants alone or known extents make them. Else null.
    const Constant* known(const Value& v);

    // Layouts.
    /// The tensor as it lies; `v.where` says how.
    ITensor& tensor(const Value& v);
    /// The tensor in TensorFlow's order of dimensions.
    ITensor& logical(const Value& v);
    /// The tensor with TensorFlow's dimension i as dimension `where[i]`; leading extents of 1 are
    /// added up to its length.
    ITensor& arranged(const Value& v, const Axes& where);
    /// Order that several values of `rank` can share at the least cost.
    Axes common(const std::vector<const Value*>& values, size_t rank);
    static int axisOf(const Value& v, int axis) {
        return v.where.empty() ? axis : v.where[static_cast<size_t>(axis)];
    }

    // Layers.
    ITensor& unary(ITensor& x, UnaryOperation op);
    ITensor& activation(ITensor& x, ActivationType type, float alpha = 0, float beta = 0);
    ITensor& binary(ITensor& a, ITensor& b, ElementWiseOperation op);
    ITensor& cast(ITensor& x, DataType type);
    ITensor& transpose(ITensor& x, const Axes& perm);
    ITensor& unsqueeze(ITensor& x, const Shape& axes);
    ITensor& squeeze(ITensor& x, const Shape& axes);
    ITensor& reshape(ITensor& x, const Shape& dims);  ///< 0 copies, -1 is what is left
    ITensor& integers(const Shape& values);           ///< [n] INT64
    /// One value of the type and rank of `like`.
    ITensor& splat(ITensor& like, double value);
    /// Zeros before and after each dimension.
    ITensor& pad(ITensor& x, const Shape& before, const Shape& after);

    /// Text of the library's latest complaint, for Refusals; set by the parser's recorder.
    std::string complaint;

private:
    void note(ILayer* layer);
    [[noreturn]] void failed();
    ITensor& constant(const Constant& c);

    INetworkDefinition& network_;
    ConstantPool& pool_;
    std::vector<ILayer*> made_;
    std::map<const Constant*, ITensor*> constants_;
    std::map<std::pair<ITensor*, Axes>, ITensor*> transposed_;
    std::map<ITensor*, const Constant*> known_;
};

}  // namespace bireme::uff_import
