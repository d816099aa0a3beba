// SPDX-License-Identifier: Apache-2.0
// Loop steps: their region again and again, on values that are another's in every turn.
#include "base/status.h"
#include "plan/sizes.h"
#include "runtime/executor.h"

#include <algorithm>
#include <cstring>

namespace bireme::runtime {

namespace {

Status failed(const char* why) { return Status::failure(ErrorCode::kFAILED_EXECUTION, why); }

// Dims before and behind an axis.
struct Around {
    int64_t outer = 1, inner = 1;
    Around(const std::vector<int64_t>& dims, int64_t axis) {
        for (size_t d = 0; d < dims.size(); ++d)
            (static_cast<int64_t>(d) < axis ? outer : inner) *= dims[d];
    }
};

}  // namespace

Status Executor::readOne(const void* from, DataType type, int64_t& value) {
    if (!from)
        return Status::failure(ErrorCode::kINVALID_STATE, "what the loop reads has no memory");
    uint8_t byte = 0;
    const bool boolean = type == DataType::kBOOL;
    void* to = boolean ? static_cast<void*>(&byte) : &value;
    Status s = engine_.device().copy(to, from, boolean ? 1 : sizeof value, *run_.stream);
    if (s.ok()) s = run_.stream->synchronize();
    if (boolean) value = byte;
    return s;
}

Status Executor::runLoop(int32_t region, const LoadedStep& step, BoundStep& b) {
    const int32_t child = step.children[0];
    auto& slot = state_->regions[child].loop;
    if (!slot) slot = std::make_unique<LoopMemory>(engine_, *step.loop);
    LoopMemory& m = *slot;
    if (Status s = beginLoop(region, step, b, m); !s.ok()) return s;
    for (; m.turn < m.turns && m.goOn; ++m.turn) {
        const Extents* results = nullptr;
        if (Status s = passTurn(step, m); !s.ok()) return s;
        if (Status s = runRegion(child, &results); !s.ok()) return s;
        if (Status s = keepTurn(step, *results, m); !s.ok()) return s;
    }
    return endLoop(region, step, b, m);
}

Status Executor::beginLoop(int32_t region, const LoadedStep& step, BoundStep& b, LoopMemory& m) {
    const plan::LoopForm& form = *step.loop;
    const auto& inputs = step.plan->inputs;
    const auto& addresses = state_->addresses[region];
    const auto carried = static_cast<size_t>(form.carried);
    m.turn = 0, m.goOn = 1, m.turns = INT64_MAX;
    if (inputs[0] >= 0)
        if (Status s = readOne(addresses[inputs[0]], DataType::kINT64, m.turns); !s.ok()) return s;
    if (inputs[1] >= 0)
        if (Status s = readOne(addresses[inputs[1]], DataType::kBOOL, m.goOn); !s.ok()) return s;
    for (size_t i = 0; i < carried; ++i) {
        m.passed[2 + i] = addresses[inputs[2 + i]];
        m.dims[i] = b.inputDims[2 + i];
    }
    for (size_t k = 0; k < form.inputAxes.size(); ++k) {
        const size_t operand = 2 + carried + k;
        m.sequences[k] = addresses[inputs[operand]];
        m.sequenceDims[k] = b.inputDims[operand];
        auto& dims = m.sequenceDims[k];
        const int64_t length = dims[static_cast<size_t>(form.inputAxes[k])];
        if (k > 0 && length != m.turns)
            return failed("the sequences of a scan have different lengths");
        m.turns = length;
        dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(form.inputAxes[k]));
    }
    for (size_t k = 0; k < m.stacks.size(); ++k) m.stacks[k].clear(), m.stackDims[k].clear();
    if (!m.index.reserve(sizeof(int64_t), run_.stream) || !m.condition.reserve(1, run_.stream))
        return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a loop");
    m.passed[0] = m.index.data(), m.passed[1] = m.condition.data();
    return Status::success();
}

Status Executor::passTurn(const LoadedStep& step, LoopMemory& m) {
    const plan::LoopForm& form = *step.loop;
    device::Device& device = engine_.device();
    const uint8_t goOn = m.goOn != 0;
    if (Status s = device.copy(m.passed[0], &m.turn, sizeof m.turn, *run_.stream); !s.ok())
        return s;
    if (Status s = device.copy(m.passed[1], &goOn, 1, *run_.stream); !s.ok()) return s;
    for (const LoadedExtent& e : step.turnExtents) {
        state_->values[e.symbol] = m.dims[e.carried][e.index];
        state_->known[e.symbol] = 1;
    }
    const auto first = static_cast<size_t>(2 + form.carried);
    const auto& tensors = variant_->regions[step.children[0]].plan->tensors;
    for (size_t k = 0; k < m.slices.size(); ++k) {
        auto of = std::find_if(tensors.begin(), tensors.end(), [&](const plan::PlanTensor& t) {
            return t.storage == plan::Storage::parent && t.index == static_cast<int32_t>(first + k);
        });
        if (of == tensors.end()) continue;  // nobody reads it
        const Around around(m.sequenceDims[k], form.inputAxes[k]);
        const auto row = bytesFor(of->desc.type, around.inner);
        const int64_t at = form.inputBackward[k] ? m.turns - 1 - m.turn : m.turn;
        if (!m.slices[k].reserve(static_cast<size_t>(around.outer) * row, run_.stream))
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a slice");
        m.passed[first + k] = m.slices[k].data();
        for (int64_t o = 0; o < around.outer && row; ++o) {
            Status s = device.copy(
                static_cast<uint8_t*>(m.slices[k].data()) + static_cast<size_t>(o) * row,
                static_cast<const uint8_t*>(m.sequences[k]) +
                    static_cast<size_t>(o * m.turns + at) * row,
                row, *run_.stream);
            if (!s.ok()) return s;
        }
    }
    return Status::success();
}

Status Executor::keepTurn(const LoadedStep& step, const Extents& results, LoopMemory& m) {
    const int32_t child = step.children[0];
    const plan::Region& r = *variant_->regions[child].plan;
    const auto& addresses = state_->addresses[child];
    const auto carried = static_cast<size_t>(step.loop->carried);
    for (size_t i = 1; i < r.outputs.size(); ++i) {
        const TensorDesc& d = r.tensors[r.outputs[i]].desc;
        const auto& dims = results[i];
        auto bytes = plan::extentBytes(d.type, d.format, dims);
        if (!bytes) return failed("a turn of a loop gives an impossible extent");
        const void* from = addresses[r.outputs[i]];
        if (*bytes > 0 && !from)
            return Status::failure(ErrorCode::kINVALID_STATE, "a turn leaves a result unwritten");
        const auto size = static_cast<size_t>(*bytes);
        void* to = nullptr;
        if (i <= carried) {
            Buffer& next = m.next[i - 1];
            if (!next.reserve(size, run_.stream))
                return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a loop");
            to = next.data();
            m.dims[i - 1] = dims;
        } else {
            auto& stack = m.stacks[i - 1 - carried];
            auto& before = m.stackDims[i - 1 - carried];
            if (m.turn > 0 && before != dims)
                return failed("the turns of a loop give other extents, which cannot be stacked");
            before = dims;
            stack.resize(stack.size() + size);
            to = stack.data() + stack.size() - size;
        }
        if (size == 0) continue;
        if (Status s = engine_.device().copy(to, from, size, *run_.stream); !s.ok()) return s;
    }
    if (r.outputs[0] >= 0)
        if (Status s = readOne(addresses[r.outputs[0]], DataType::kBOOL, m.goOn); !s.ok()) return s;
    for (size_t i = 0; i < carried; ++i) {
        m.passed[2 + i] = m.next[i].data();
        std::swap(m.now[i], m.next[i]);
    }
    return Status::success();
}

Status Executor::endLoop(int32_t region, const LoadedStep& step, BoundStep& b, LoopMemory& m) {
    const plan::LoopForm& form = *step.loop;
    const auto carried = static_cast<size_t>(form.carried);
    for (size_t k = 0; k < step.plan->outputs.size(); ++k) {
        const int32_t to = step.plan->outputs[k];
        if (to < 0) continue;
        std::vector<int64_t> dims = k < carried ? m.dims[k] : m.stackDims[k - carried];
        const int64_t axis = k < carried ? 0 : form.outputAxes[k - carried];
        if (k >= carried && m.turn == 0) {  // no turn tells what it would have given
            dims = b.expected[k];
            dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
            for (int64_t& d : dims) d = std::max<int64_t>(d, 0);
        }
        const TensorDesc& d = variant_->regions[region].plan->tensors[to].desc;
        const Around around(dims, axis);
        if (k >= carried) dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), m.turn);
        for (size_t i = 0; i < dims.size(); ++i)
            if (b.expected[k][i] >= 0 && b.expected[k][i] != dims[i])
                return failed("a loop gives other extents than the step has");
        b.outputDims[k] = dims;
        auto bytes = plan::extentBytes(d.type, d.format, dims);
        if (!bytes) return failed("a loop gives an impossible extent");
        if (*bytes == 0) continue;
        auto* target = static_cast<uint8_t*>(acquire(region, to, *bytes));
        if (!target)
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a loop's result");
        const bool whole = k < carried || (axis == 0 && !form.outputBackward[k - carried]);
        const auto* from = k < carried ? static_cast<const uint8_t*>(m.passed[2 + k])
                                       : m.stacks[k - carried].data();
        const size_t row = whole ? static_cast<size_t>(*bytes) : bytesFor(d.type, around.inner);
        const int64_t turns = whole ? 1 : m.turn, outer = whole ? 1 : around.outer;
        for (int64_t t = 0; t < turns; ++t) {
            const int64_t at = !whole && form.outputBackward[k - carried] ? turns - 1 - t : t;
            for (int64_t o = 0; o < outer; ++o) {
                Status s = engine_.device().copy(target + static_cast<size_t>(o * turns + at) * row,
                                                 from + static_cast<size_t>(t * outer + o) * row,
                                                 row, *run_.stream);
                if (!s.ok()) return s;
            }
        }
    }
    return Status::success();
}

}  // namespace bireme::runtime
