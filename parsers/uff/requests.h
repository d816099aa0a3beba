// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bireme/parsers/uff.h"

namespace bireme::uff_import {

using nvuffparser::UffInputOrder;

/// What the caller registered.
struct Requests {
    struct Input {
        std::string name;
        Dims dims;
        UffInputOrder order;
    };
    std::vector<Input> inputs;
    std::vector<std::string> outputs;
    UffInputOrder defaultOrder = UffInputOrder::kFILE;
    std::string pluginNamespace;

    const Input* input(std::string_view name) const {
        for (const Input& i : inputs)
            if (i.name == name) return &i;
        return nullptr;
    }
    /// Whether every input has to be registered.
    bool isStrict() const {
        for (const Input& i : inputs)
            if (i.order != UffInputOrder::kFILE) return true;
        return false;
    }
    /// Whether feature maps are given as N, C, H, W.
    bool isChannelsFirst() const {
        bool any = inputs.empty() && defaultOrder == UffInputOrder::kNCHW;
        for (const Input& i : inputs) any = any || i.order == UffInputOrder::kNCHW;
        return any;
    }
};

}  // namespace bireme::uff_import
