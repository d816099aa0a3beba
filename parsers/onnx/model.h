// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "parsers/common/file.h"
#include "parsers/onnx/constant.h"
#include "parsers/onnx/proto.h"

namespace bireme::onnx_import {

/// Newest versions this parser knows; newer ones are read with a warning.
constexpr int64_t kNewestIrVersion = 14;
constexpr int64_t kNewestOpset = 28;

/// A model with the memory its views point into.
class Model {
public:
    /// Throws Refusal: what is wrong with the file and what to do.
    static std::unique_ptr<Model> fromFile(const std::string& path);
    /// Copies the bytes. `path`: the file they come from or its folder; empty: no external data.
    static std::unique_ptr<Model> fromBytes(const void* data, size_t size, const std::string& path);

    const ModelProto& proto() const { return proto_; }
    const GraphProto& graph() const { return *proto_.graph; }
    ConstantPool& constants() { return constants_; }
    /// What deserves a warning about the model as a whole.
    std::vector<std::string> warnings() const;

private:
    Model(std::shared_ptr<const parsers::MappedFile> file, std::vector<uint64_t> copy,
          std::string_view bytes, const std::string& path);

    std::shared_ptr<const parsers::MappedFile> file_;
    std::vector<uint64_t> copy_;
    ModelProto proto_;
    ConstantPool constants_;
};

}  // namespace bireme::onnx_import
