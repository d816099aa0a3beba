// SPDX-License-Identifier: Apache-2.0
// The network as importers see it: every call gives a tensor or throws.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "bireme/network.h"
#include "parsers/caffe/blob.h"

namespace bireme::caffe_import {

Dims toDims(const Shape& values);
Dims filled(size_t rank, int64_t value);
std::string toText(const Shape& dims);

/// Attributes of INetworkDefinition::addOperator with their storage.
class Attributes {
public:
    Attributes& add(const char* name, int64_t value) { return add(name, Shape{value}, true); }
    Attributes& add(const char* name, const Shape& values) { return add(name, values, false); }
    Attributes& add(const char* name, float value) {
        return add(name, std::vector<float>{value}, true);
    }
    Attributes& add(const char* name, const std::vector<float>& values) {
        return add(name, values, false);
    }
    Attributes& add(const char* name, const std::string& value);
    const std::vector<OperatorAttribute>& list() const { return list_; }

private:
    Attributes& add(const char* name, Shape values, bool single);
    Attributes& add(const char* name, std::vector<float> values, bool single);

    std::vector<OperatorAttribute> list_;
    std::deque<Shape> ints_;
    std::deque<std::vector<float>> reals_;
    std::deque<std::string> texts_;
    std::deque<const char*> textStarts_;
};

class Net {
public:
    Net(INetworkDefinition& network, BlobPool& pool) : network_(network), pool_(pool) {}

    INetworkDefinition& raw() { return network_; }
    BlobPool& pool() { return pool_; }

    /// Notes a layer just added; throws Refusal for null.
    template <class L>
    L& made(L* layer) {
        note(layer);
        return *layer;
    }
    /// Layers noted since the last call.
    std::vector<ILayer*> takeMade();
    static ITensor& out(ILayer& layer, int index = 0);

    /// -1 stands for an extent known only at run time.
    Shape dims(ITensor& x);

    // Constants.
    ITensor& constant(const Shape& dims, const Blob& blob);
    ITensor& splat(size_t rank, float value);  ///< one value, of that rank
    ITensor& integers(const Shape& values);    ///< [n] INT64

    // Layers.
    ITensor& unary(ITensor& x, UnaryOperation op);
    ITensor& activation(ITensor& x, ActivationType type, float alpha = 0, float beta = 0);
    ITensor& binary(ITensor& a, ITensor& b, ElementWiseOperation op);
    /// x op value
    ITensor& binary(ITensor& x, float value, ElementWiseOperation op);
    ITensor& cast(ITensor& x, DataType type);
    ITensor& identity(ITensor& x);
    ITensor& reduce(ITensor& x, ReduceOperation op, uint32_t axes, bool keep);
    ITensor& transpose(ITensor& x, const Shape& perm);
    ITensor& unsqueeze(ITensor& x, const Shape& axes);
    ITensor& concat(const std::vector<ITensor*>& inputs, int axis);
    ITensor& reshape(ITensor& x, const Shape& dims);  ///< 0 copies, -1 is what is left
    ITensor& slice(ITensor& x, const Shape& axes, const Shape& start, const Shape& size,
                   const Shape& stride = {});
    /// (x * scale + shift) ^ power
    ITensor& power(ITensor& x, float scale, float shift, float exponent = 1);
    ILayer& op(const char* name, const Attributes& attributes, const std::vector<ITensor*>& inputs,
               int outputs = -1);

    /// Text of the library's latest complaint, for Refusals; set by the parser's recorder.
    std::string complaint;

private:
    void note(ILayer* layer);
    [[noreturn]] void failed();

    INetworkDefinition& network_;
    BlobPool& pool_;
    std::vector<ILayer*> made_;
    std::map<std::pair<const float*, Shape>, ITensor*> constants_;
    std::map<Shape, ITensor*> integers_;
};

}  // namespace bireme::caffe_import
