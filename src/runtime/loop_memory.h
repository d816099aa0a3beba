// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/loop.h"
#include "runtime/memory.h"

#include <cstdint>
#include <vector>

namespace bireme::runtime {

// What a loop in a context holds from turn to turn; kept from run to run, for its memory.
struct LoopMemory {
    LoopMemory(const Engine& engine, const plan::LoopForm& form)
        : passed(form.passed(), nullptr),
          index(engine),
          condition(engine),
          dims(static_cast<size_t>(form.carried)),
          sequences(form.inputAxes.size(), nullptr),
          sequenceDims(form.inputAxes.size()),
          stacks(form.outputAxes.size()),
          stackDims(form.outputAxes.size()) {
        for (int64_t i = 0; i < form.carried; ++i)
            now.emplace_back(engine), next.emplace_back(engine);
        for (size_t i = 0; i < form.inputAxes.size(); ++i) slices.emplace_back(engine);
    }

    std::vector<void*> passed;               // to the region, by operand of the step
    Buffer index, condition;                 // of the turn, where the device reads them
    std::vector<Buffer> now, next;           // carried values: what is read, what is made
    std::vector<std::vector<int64_t>> dims;  // of carried values
    std::vector<Buffer> slices;
    std::vector<const void*> sequences;
    std::vector<std::vector<int64_t>> sequenceDims;
    std::vector<std::vector<uint8_t>> stacks;  // all turns' results, on the host
    std::vector<std::vector<int64_t>> stackDims;
    int64_t turn = 0, turns = 0, goOn = 1;
};

}  // namespace bireme::runtime
