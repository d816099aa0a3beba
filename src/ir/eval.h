// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "base/text.h"
#include "ir/graph.h"

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bireme::ir {

// Dense row-major elements with numbers for dims.
struct Tensor {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    Blob bytes;

    int64_t count() const;
};

template <typename T>
constexpr DataType dataTypeOf() {
    if constexpr (std::is_same_v<T, float>)
        return DataType::kFLOAT;
    else if constexpr (std::is_same_v<T, double>)
        return DataType::kDOUBLE;
    else if constexpr (std::is_same_v<T, int64_t>)
        return DataType::kINT64;
    else if constexpr (std::is_same_v<T, int32_t>)
        return DataType::kINT32;
    else if constexpr (std::is_same_v<T, int8_t>)
        return DataType::kINT8;
    else {
        static_assert(std::is_same_v<T, uint8_t>);
        return DataType::kUINT8;
    }
}

// What an op's reference result is computed with: plain loops over spans. read<T> and write<T>
// convert when the tensor's type is another one, so an eval is written once in float (or through
// compute, in double and int64 too).
class EvalContext {
public:
    struct In {
        bool present = false;
        DataType type = DataType::kFLOAT;
        std::vector<int64_t> dims;
        const void* data = nullptr;
    };
    struct Out {
        DataType type = DataType::kFLOAT;
        std::vector<int64_t> dims;   // -1 where only eval tells: call resize before write
        void* data = nullptr;        // null until resize for such outputs
        std::vector<uint8_t> owned;  // bytes of a resized output
    };

    // Memory for outputs whose extents only eval tells; nobody has to zero it.
    class Room {
    public:
        virtual ~Room() = default;
        virtual void* take(int output, const std::vector<int64_t>& dims) = 0;
    };

    // Without `room` the context owns such outputs.
    EvalContext(std::vector<In> inputs, std::vector<Out> outputs,
                const std::vector<Graph>* bodies = nullptr, Room* room = nullptr)
        : inputs_(std::move(inputs)), outputs_(std::move(outputs)), bodies_(bodies), room_(room) {}

    int inputs() const { return static_cast<int>(inputs_.size()); }
    int outputs() const { return static_cast<int>(outputs_.size()); }
    bool has(int i) const { return i < inputs() && inputs_[i].present; }
    DataType type(int i) const { return inputs_[i].type; }
    const std::vector<int64_t>& dims(int i) const { return inputs_[i].dims; }
    int rank(int i) const { return static_cast<int>(inputs_[i].dims.size()); }
    int64_t count(int i) const;
    const void* data(int i) const { return inputs_[i].data; }

    DataType outType(int i) const { return outputs_[i].type; }
    const std::vector<int64_t>& outDims(int i) const { return outputs_[i].dims; }
    int64_t outCount(int i) const;
    void* outData(int i) { return outputs_[i].data; }
    void resize(int output, std::vector<int64_t> dims);  // data-dependent outputs only

    template <typename T>
    std::span<const T> read(int i) {
        return {static_cast<const T*>(readAs(i, dataTypeOf<T>())), static_cast<size_t>(count(i))};
    }
    template <typename T>
    std::span<T> write(int i) {
        return {static_cast<T*>(writeAs(i, dataTypeOf<T>())), static_cast<size_t>(outCount(i))};
    }
    // Elements of an integer input as int64 (shapes, axes, indices).
    std::vector<int64_t> ints(int i);

    // Calls f(T{}) with the type to compute in for elements of `type`: double for f64, int64_t for
    // integers and bool, float for all other reals.
    template <typename F>
    static void compute(DataType type, F&& f) {
        if (type == DataType::kDOUBLE)
            f(double{});
        else if (classOf(type) == DataClass::real)
            f(float{});
        else
            f(int64_t{});
    }
    // As compute, for ops on real numbers only.
    template <typename F>
    static void computeReal(DataType type, F&& f) {
        if (type == DataType::kDOUBLE)
            f(double{});
        else
            f(float{});
    }

    const std::vector<Graph>& bodies() const { return *bodies_; }
    template <typename... Args>
    void require(bool condition, const Args&... message) const {
        if (!condition) fail(ErrorCode::kFAILED_EXECUTION, cat(message...));
    }

    // Called by whoever ran eval: converts what write<T> buffered into the outputs.
    void flush();
    std::vector<Out>& results() { return outputs_; }

private:
    const void* readAs(int i, DataType as);
    void* writeAs(int i, DataType as);

    struct Buffer {
        int output;
        DataType as;
        std::vector<uint64_t> bytes;
    };
    std::vector<In> inputs_;
    std::vector<Out> outputs_;
    const std::vector<Graph>* bodies_;
    Room* room_ = nullptr;
    std::deque<std::vector<uint64_t>> reads_;
    std::deque<Buffer> writes_;
};

// Index arithmetic for plain loops.
std::vector<int64_t> rowMajorStrides(const std::vector<int64_t>& dims);
int64_t elementCount(const std::vector<int64_t>& dims);
// Strides that walk a tensor of `dims` as if broadcast to `to` (0 where repeated); missing leading
// dims allowed.
std::vector<int64_t> broadcastStrides(const std::vector<int64_t>& dims,
                                      const std::vector<int64_t>& to);
// Advances a row-major counter; false after the last.
bool nextIndex(std::vector<int64_t>& index, const std::vector<int64_t>& dims);

}  // namespace bireme::ir
