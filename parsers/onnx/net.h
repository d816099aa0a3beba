// SPDX-License-Identifier: Apache-2.0
// The network as importers see it: every call gives a layer or throws, ranks are broadcast, and
// extents can be computed without caring which of them are known.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bireme/network.h"
#include "parsers/onnx/constant.h"

namespace bireme::onnx_import {

struct List;

/// A value of the ONNX graph: a tensor of the network, a constant that is no layer yet, or a
/// sequence or optional (list.h).
struct Value {
    ITensor* tensor = nullptr;
    const Constant* constant = nullptr;
    std::shared_ptr<List> list;

    Value() = default;
    Value(ITensor& t) : tensor(&t) {}
    Value(ITensor* t) : tensor(t) {}
    Value(const Constant* c) : constant(c) {}
    explicit operator bool() const { return tensor != nullptr || constant != nullptr || list; }
};

/// An extent or another integer of a shape: known, or a tensor [1] of INT64.
struct Extent {
    int64_t value = 0;
    ITensor* tensor = nullptr;

    Extent() = default;
    Extent(int64_t v) : value(v) {}
    Extent(ITensor& t) : tensor(&t) {}
    bool known() const { return tensor == nullptr; }
};
using Extents = std::vector<Extent>;

/// Attributes of INetworkDefinition::addOperator with their storage.
class OperatorAttributes {
public:
    OperatorAttributes& add(const char* name, int64_t value);
    OperatorAttributes& add(const char* name, float value);
    OperatorAttributes& add(const char* name, const std::string& value);
    OperatorAttributes& add(const char* name, const std::vector<int64_t>& values);
    OperatorAttributes& add(const char* name, const std::vector<float>& values);
    OperatorAttributes& add(const char* name, const std::vector<std::string>& values);
    const std::vector<OperatorAttribute>& list() const { return list_; }

private:
    OperatorAttribute& append(const char* name, OperatorAttribute::Kind kind, size_t count);
    std::vector<OperatorAttribute> list_;
    std::deque<std::vector<int64_t>> ints_;
    std::deque<std::vector<float>> floats_;
    std::deque<std::string> texts_;
    std::deque<std::vector<const char*>> textLists_;
};

Dims toDims(const std::vector<int64_t>& values);
Dims filled(int32_t rank, int64_t value);
std::string toText(const Dims& dims);

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

    // Facts. Dims of a tensor whose shape cannot be inferred: Refusal.
    Dims dims(const Value& v);
    int rank(const Value& v) { return dims(v).nbDims; }
    DataType type(const Value& v);

    // Constants.
    ITensor& tensor(const Value& v);
    /// The value with leading extents of 1 up to `rank`.
    ITensor& ranked(const Value& v, int rank);
    ITensor& integers(const std::vector<int64_t>& values);              ///< [n] INT64
    ITensor& integer(int64_t value, DataType type = DataType::kINT64);  ///< scalar
    /// The value as a constant, where constants alone or known extents make it. Else null.
    const Constant* known(const Value& v);
    /// One value with the type and rank of `like`.
    ITensor& splat(const ITensor& like, double value);
    ITensor& splat(DataType type, int rank, double value);

    // Layers.
    ITensor& unary(ITensor& x, UnaryOperation op);
    ITensor& activation(ITensor& x, ActivationType type, float alpha = 0, float beta = 0);
    ITensor& binary(const Value& a, const Value& b, ElementWiseOperation op);
    ITensor& select(const Value& condition, const Value& a, const Value& b);
    ITensor& cast(ITensor& x, DataType type);
    ITensor& identity(ITensor& x);
    ITensor& reduce(ITensor& x, ReduceOperation op, uint32_t axes, bool keep);
    ITensor& matmul(ITensor& a, MatrixOperation opA, ITensor& b, MatrixOperation opB);
    ITensor& transpose(ITensor& x, const std::vector<int64_t>& perm);
    ITensor& unsqueeze(ITensor& x, const std::vector<int64_t>& axes);
    ITensor& squeeze(ITensor& x, const std::vector<int64_t>& axes);
    ITensor& concat(const std::vector<ITensor*>& inputs, int axis);
    ITensor& gather(ITensor& data, ITensor& indices, int axis);
    ITensor& reshape(ITensor& x, const Extents& extents);
    ITensor& reshape(ITensor& x, const Dims& dims);  ///< 0 copies, -1 is what is left
    /// Along `axes`; the three lists have its length.
    ITensor& slice(ITensor& x, const std::vector<int64_t>& axes, const Extents& start,
                   const Extents& size, const std::vector<int64_t>& stride);
    /// Any operator by its name; null inputs are absent.
    ILayer& op(const char* name, const OperatorAttributes& attributes,
               const std::vector<ITensor*>& inputs, int outputs = -1);

    // Extents.
    Extent extent(const Value& v, int axis);
    Extents extents(const Value& v);
    Extent add(Extent a, Extent b);
    Extent sub(Extent a, Extent b);
    Extent mul(Extent a, Extent b);
    Extent min(Extent a, Extent b);
    Extent max(Extent a, Extent b);
    Extent ceilDiv(Extent a, int64_t b);
    /// Element `i` of a 1-D or 0-D integer value.
    Extent element(const Value& v, int64_t i);
    /// All of them as one tensor [n] INT64.
    ITensor& shapeTensor(const Extents& extents);
    /// All known: as Dims.
    static bool allKnown(const Extents& extents);
    static Dims known(const Extents& extents);

    /// Text of the library's latest complaint, for Refusals; set by the parser's recorder.
    std::string complaint;

private:
    void note(ILayer* layer);
    [[noreturn]] void failed();
    static void requireTensor(const Value& v);
    Extent arithmetic(Extent a, Extent b, ElementWiseOperation op, int64_t known);

    INetworkDefinition& network_;
    ConstantPool& pool_;
    std::vector<ILayer*> made_;
    std::map<std::pair<const Constant*, int>, ITensor*> constants_;
    std::map<std::vector<int64_t>, ITensor*> integers_;
    std::unordered_map<const ITensor*, ITensor*> shapes_;
    std::unordered_map<const ITensor*, const Constant*> known_;
};

}  // namespace bireme::onnx_import
