// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <string>

namespace bireme::plan {

enum class Verify : uint8_t {
    all,   // every checksum
    lazy,  // all but those of the weights, which are not read then
};

struct ReadOptions {
    Verify verify = Verify::all;
    std::string name;  // of the bytes in errors; empty for "the data"
};

// Reads back what write() made, and checks every index, size and offset in it. Throws one Error
// that says what is wrong: not an engine (and what it looks like), a newer format, truncated,
// damaged, longer than it should be.
Plan read(const void* data, size_t size,
          const ReadOptions& options = {});                               // the weights are copied
Plan readFile(const std::string& path, const ReadOptions& options = {});  // the weights stay mapped

// What bytes that are no engine look like, from the first of them: "an ONNX model"; "" when nothing
// is recognised.
std::string guessContent(const void* data, size_t size);

}  // namespace bireme::plan
