// SPDX-License-Identifier: Apache-2.0
// Feeds bytes to the engine reader and loads what it accepts: every input is an engine or a clear
// error. A file that starts with 'S' is the structure section alone, sealed with right checksums;
// others are whole files, tried as they are and with their checksums put right.
#include "runtime/engine.h"
#include "base/status.h"
#include "plan/describe.h"
#include "plan/read.h"
#include "plan/write.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

void tryToLoad(const std::vector<uint8_t>& bytes) {
    using namespace bireme;
    try {
        auto plan = std::make_shared<const plan::Plan>(plan::read(bytes.data(), bytes.size()));
        plan::DescribeOptions options;
        if (plan::engineText(*plan, options).empty() || plan::engineJson(*plan, options).empty())
            __builtin_trap();
        if (plan::write(*plan).size() == 0) __builtin_trap();
        runtime::Engine::load(plan, Log());
    } catch (const Error& e) {
        if (e.message().empty()) __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size && data[0] == 'S') {
        std::vector<uint8_t> weights(256, 1);
        tryToLoad(bireme::plan::assemble("{}", {data + 1, data + size},
                                         bireme::Blob::copy(weights.data(), weights.size())));
        return 0;
    }
    std::vector<uint8_t> bytes(data, data + size);
    if (size) tryToLoad(bytes);
    bireme::plan::reseal(bytes);
    if (size) tryToLoad(bytes);
    return 0;
}
