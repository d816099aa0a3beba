// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "plugin/run/node.h"

#include <memory>
#include <vector>

namespace bireme::api {

// Asks a plugin for the types and shapes of its outputs.
class PluginRule final : public plugin::NodeRule {
public:
    PluginRule(std::unique_ptr<plugin::Instance> instance, int32_t shapeInputs,
               const Reporter& reporter)
        : NodeRule(std::move(instance)), shapeInputs_(shapeInputs), reporter_(reporter) {}

    void infer(ir::InferContext& c) const override;
    std::vector<ToldExtent> toldExtents() const override { return told_; }

private:
    void inferFixed(ir::InferContext& c) const;
    void inferSymbolic(ir::InferContext& c) const;
    int dataInputs(const ir::InferContext& c) const;

    int32_t shapeInputs_;
    Reporter reporter_;
    mutable std::vector<ToldExtent> told_;  // as of the last inference
};

}  // namespace bireme::api
