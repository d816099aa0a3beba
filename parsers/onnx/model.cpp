// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/model.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "parsers/onnx/refusal.h"
#include "parsers/protobuf/wire.h"

namespace bireme::onnx_import {

namespace {

std::string named(const std::string& path) {
    return path.empty() ? "the given data" : "\"" + path + "\"";
}

/// The model whose weights a file like "model.onnx.data" seems to hold; "" for other names.
std::string modelBeside(const std::string& path) {
    for (const std::string ending : {".data", "_data"}) {
        const size_t at = path.size() - std::min(path.size(), ending.size());
        const std::string model = path.substr(0, at);
        if (path.substr(at) == ending && std::filesystem::is_regular_file(model)) return model;
    }
    return {};
}

[[noreturn]] void unreadable(const std::string& path, const std::string& why) {
    const std::string model = modelBeside(path);
    throw Refusal(
        ErrorCode::kMODEL_DESERIALIZE_FAILED,
        named(path) + " is not an ONNX model: " +
            (model.empty() ? why : "it holds the weights of " + named(model) + "; give that file"));
}

ModelProto decodeChecked(std::string_view bytes, const std::string& path) {
    if (bytes.empty()) unreadable(path, "it is empty");
    if (const std::string other = parsers::foreignFormat(bytes); !other.empty())
        unreadable(path, "it is " + other);
    ModelProto model;
    try {
        model = decodeModel(bytes);
    } catch (const protobuf::Malformed& e) {
        unreadable(path, e.what());
    }
    if (!model.graph) unreadable(path, "it has no graph");
    if (model.opsets.empty()) unreadable(path, "it imports no operator set");
    return model;
}

}  // namespace

Model::Model(std::shared_ptr<const parsers::MappedFile> file, std::vector<uint64_t> copy,
             std::string_view bytes, const std::string& path)
    : file_(std::move(file)),
      copy_(std::move(copy)),
      proto_(decodeChecked(bytes, path)),
      constants_(parsers::SideFiles(parsers::folderOf(path)), file_ ? bytes : std::string_view{}) {
    // What decoding looked at lies between the weights: large pages of them were mapped with it.
    if (file_) parsers::MappedFile::forget(bytes, bytes);
}

std::unique_ptr<Model> Model::fromFile(const std::string& path) {
    std::shared_ptr<const parsers::MappedFile> file;
    try {
        file = parsers::MappedFile::open(path);
    } catch (const parsers::FileError& e) {
        throw Refusal(ErrorCode::kMODEL_DESERIALIZE_FAILED, e.what());
    }
    const std::string_view bytes = file->bytes();
    return std::unique_ptr<Model>(new Model(std::move(file), {}, bytes, path));
}

std::unique_ptr<Model> Model::fromBytes(const void* data, size_t size, const std::string& path) {
    if (data == nullptr || size == 0) unreadable(path, "it is empty");
    std::vector<uint64_t> copy(size / 8 + 1);
    std::memcpy(copy.data(), data, size);
    const std::string_view bytes(reinterpret_cast<const char*>(copy.data()), size);
    return std::unique_ptr<Model>(new Model(nullptr, std::move(copy), bytes, path));
}

std::vector<std::string> Model::warnings() const {
    std::vector<std::string> out;
    if (proto_.irVersion > kNewestIrVersion)
        out.push_back("the model has IR version " + std::to_string(proto_.irVersion) +
                      ", newer than " + std::to_string(kNewestIrVersion) +
                      "; what it added since is ignored");
    for (const OpsetId& id : proto_.opsets) {
        if (!id.domain.empty()) continue;
        if (id.version > kNewestOpset)
            out.push_back("the model uses opset " + std::to_string(id.version) + ", newer than " +
                          std::to_string(kNewestOpset) + "; operators changed since may differ");
        if (id.version < 9)
            out.push_back("the model uses opset " + std::to_string(id.version) +
                          "; 9 and newer are tested");
    }
    return out;
}

}  // namespace bireme::onnx_import
