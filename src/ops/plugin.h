// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <memory>
#include <string>

namespace bireme::ir {
class InferContext;
}

namespace bireme::ops {

// What a user's plugin says of its outputs; the library's plugin layer implements it.
class PluginRule {
public:
    virtual ~PluginRule() = default;
    virtual void infer(ir::InferContext& c) const = 0;
};

// A user's layer. The attributes tell who it is; what it computes is behind `rule`, which no file
// holds: a plan stores the plugin's own state with its kernel.
struct Plugin {
    std::string name;
    std::string version;
    std::string space;        // namespace
    std::string library;      // shared object that its creator came from, "" for the program itself
    std::string timingId;     // "": its times are not kept
    int64_t shapeInputs = 0;  // of the inputs, at the end: read for shapes, not passed when it runs
    std::shared_ptr<const PluginRule> rule;
    void fields(FieldVisitor& v) {
        v.field(1, "name", name);
        v.field(2, "version", version);
        v.field(3, "space", space);
        v.field(4, "library", library);
        v.field(5, "timingId", timingId);
        v.field(6, "shapeInputs", shapeInputs);
    }
};

}  // namespace bireme::ops
