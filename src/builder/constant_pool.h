// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.h"
#include "base/pages.h"
#include "plan/plan.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bireme::builder {

// The plan's constants, shared by content across steps and profiles. Their bytes are copied to
// where they stay, so that those that kernels packed are free at once.
class ConstantPool {
public:
    int add(const Blob& bytes, const std::string& name);
    size_t size() const { return items_.size(); }
    // Fills plan.constants and plan.weights; with `halves`, large constants that are all FP16
    // numbers are marked as such.
    void seal(plan::Plan& plan, bool halves);

private:
    struct Item {
        size_t offset, size;
        std::string name;
    };
    std::shared_ptr<GrowingPages> pages_;
    std::vector<Item> items_;
    std::map<std::pair<Hash128, size_t>, int> byContent_;
};

}  // namespace bireme::builder
