// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.h"
#include "plan/plan.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bireme::builder {

// The plan's constants, shared by content across steps and profiles; seal() gathers their bytes
// into one blob.
class ConstantPool {
public:
    int add(const Blob& bytes, const std::string& name);
    size_t size() const { return items_.size(); }
    void seal(plan::Plan& plan);  // fills plan.constants and plan.weights

private:
    struct Item {
        Blob bytes;
        std::string name;
    };
    std::vector<Item> items_;
    std::map<std::pair<Hash128, size_t>, int> byContent_;
};

}  // namespace bireme::builder
