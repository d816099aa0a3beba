// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace bireme::parsers {

/// Memory that lives until the arena goes: aligned to 64 bytes, in large pages where it is much.
class Arena {
public:
    void* allocate(size_t bytes);

private:
    struct Free {
        void operator()(char* p) const { std::free(p); }
    };
    std::vector<std::unique_ptr<char, Free>> blocks_;
    char* at_ = nullptr;
    size_t left_ = 0;
};

}  // namespace bireme::parsers
