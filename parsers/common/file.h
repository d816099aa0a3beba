// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bireme::parsers {

/// A file cannot be used; the text names the path, the reason and, where known, the way out.
class FileError : public std::runtime_error {
public:
    explicit FileError(const std::string& what) : std::runtime_error(what) {}
};

/// A file mapped for reading. Its bytes stay put while the object lives.
class MappedFile {
public:
    static std::shared_ptr<const MappedFile> open(const std::string& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::string_view bytes() const { return {data_, size_}; }
    /// Gives back the memory of the pages under `part` and shortly before it in `whole`, a view
    /// into any mapped file; they are read again when somebody looks.
    static void forget(std::string_view part, std::string_view whole);

private:
    MappedFile(const char* data, size_t size) : data_(data), size_(size) {}
    const char* data_;
    size_t size_;
};

/// Files that a model refers to. Names are relative to its folder and may not leave it, not even
/// through a symbolic link.
class SideFiles {
public:
    /// `folder` empty: the model came from memory alone, and every request fails saying so.
    explicit SideFiles(std::string folder) : folder_(std::move(folder)) {}
    std::string_view bytes(std::string_view name);

private:
    std::string folder_;
    std::unordered_map<std::string, std::shared_ptr<const MappedFile>> open_;
};

/// Folder of a model given by its file or by the folder itself.
std::string folderOf(const std::string& path);

/// What the bytes look like when they are certainly something else than a protobuf model, with a
/// hint what to do: "a PyTorch checkpoint (zip archive): export it with ...". Empty: no idea.
std::string foreignFormat(std::string_view bytes);

}  // namespace bireme::parsers
