// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactic/factory.h"

#include <memory>
#include <string_view>
#include <vector>

namespace bireme::tactic {

// The factories of one backend; the generated manifest fills it: registerKernel_<stem>(Catalog&)
// per kernels/<stem>.cpp.
class Catalog {
public:
    void add(std::unique_ptr<KernelFactory> factory) { factories_.push_back(std::move(factory)); }
    std::vector<const KernelFactory*> factories() const;
    const KernelFactory* find(std::string_view name) const;

private:
    std::vector<std::unique_ptr<KernelFactory>> factories_;
};

}  // namespace bireme::tactic
