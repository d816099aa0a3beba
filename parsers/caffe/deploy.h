// SPDX-License-Identifier: Apache-2.0
// The structure of a network as its .prototxt tells it: inputs and layers of the phase TEST.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/caffe/blob.h"
#include "parsers/caffe/message.h"

namespace bireme::caffe_import {

struct LayerSpec {
    std::string name;
    std::string type;
    std::vector<std::string> bottoms;
    std::vector<std::string> tops;
    std::vector<std::string> sharedNames;  ///< of its parameters, "" where they have none
    const Message* message = nullptr;
};

struct InputSpec {
    std::string name;
    Shape dims;
};

class Deploy {
public:
    /// Throws Refusal.
    explicit Deploy(std::string_view text);
    Deploy(const Deploy&) = delete;
    Deploy& operator=(const Deploy&) = delete;

    std::string name() const { return root_.text("name"); }
    /// Those that stand outside of layers.
    const std::vector<InputSpec>& inputs() const { return inputs_; }
    const std::vector<LayerSpec>& layers() const { return layers_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    void readInputs();
    void addLayer(const Message& m, bool v1);

    std::vector<std::string> warnings_;
    Message root_;
    std::vector<InputSpec> inputs_;
    std::vector<LayerSpec> layers_;
};

/// The shapes that an Input layer gives, one per top.
std::vector<InputSpec> inputsOf(const LayerSpec& layer);

}  // namespace bireme::caffe_import
