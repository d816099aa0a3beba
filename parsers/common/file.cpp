// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/file.h"

#include "parsers/common/utf8.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace bireme::parsers {

namespace fs = std::filesystem;

namespace {

struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) throw FileError("cannot open " + inQuotes(path) + ": " + std::strerror(errno));
    struct stat info {};
    if (::fstat(file.fd, &info) != 0)
        throw FileError("cannot read " + inQuotes(path) + ": " + std::strerror(errno));
    if (S_ISDIR(info.st_mode))
        throw FileError(inQuotes(path) + " is a folder; give the model file inside it");
    if (!S_ISREG(info.st_mode)) throw FileError(inQuotes(path) + " is not a regular file");
    if (info.st_size == 0) throw FileError(inQuotes(path) + " is empty");
    const auto size = static_cast<size_t>(info.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (data == MAP_FAILED)
        throw FileError("cannot map " + inQuotes(path) + ": " + std::strerror(errno));
    return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const char*>(data), size));
}

MappedFile::~MappedFile() { ::munmap(const_cast<char*>(data_), size_); }

void MappedFile::forget(std::string_view part, std::string_view whole) {
    // The system maps large pages at once, so that what was given back before may be there again.
    constexpr uintptr_t kLarge = uintptr_t{2} << 20;
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto at = [](const char* p) { return reinterpret_cast<uintptr_t>(p); };
    const uintptr_t first = (at(whole.data()) + page - 1) / page * page;
    const uintptr_t begin = std::max(at(part.data()) / kLarge * kLarge, first);
    const uintptr_t end = (at(part.data()) + part.size()) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

std::string folderOf(const std::string& path) {
    if (path.empty()) return {};
    std::error_code ignored;
    const fs::path p(path);
    if (fs::is_directory(p, ignored)) return path;
    const fs::path parent = p.parent_path();
    return parent.empty() ? "." : parent.string();
}

std::string_view SideFiles::bytes(std::string_view name) {
    const fs::path relative{std::string(name)};
    if (folder_.empty())
        throw FileError("the model refers to the file " + inQuotes(name) +
                        ", but was given as bytes without the path of its folder");
    if (name.empty()) throw FileError("the model refers to a file without a name");
    if (relative.is_absolute())
        throw FileError("the model refers to the absolute path " + inQuotes(name) +
                        "; only files beside the model are read");
    std::error_code error;
    const fs::path root = fs::canonical(folder_, error);
    const fs::path full = fs::weakly_canonical(root / relative, error);
    const fs::path inside = full.lexically_relative(root);
    if (error || inside.empty() || *inside.begin() == "..")
        throw FileError("the model refers to " + inQuotes(name) +
                        ", which lies outside its folder " + inQuotes(folder_));
    auto& slot = open_[full.string()];
    if (!slot) {
        if (!fs::exists(full, error)) {
            throw FileError("the file " + inQuotes(full.string()) +
                            " with the model's weights is missing; it belongs beside the model");
        }
        slot = MappedFile::open(full.string());
    }
    return slot->bytes();
}

std::string foreignFormat(std::string_view b) {
    using namespace std::string_view_literals;
    const auto starts = [&](std::string_view s) { return b.substr(0, s.size()) == s; };
    const std::string_view head = b.substr(0, 512);
    const auto text = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (starts("PK\x03\x04"sv))
        return head.find("data.pkl") != head.npos || b.find("/data.pkl"sv) != b.npos
                   ? "a PyTorch checkpoint (.pth, .pt); export the model with torch.onnx.export"
                   : "a zip archive; unpack it and give the .onnx file inside";
    if (starts("\x80\x02"sv) || starts("\x80\x03"sv) || starts("\x80\x04"sv) ||
        starts("\x80\x05"sv))
        return "a Python pickle or an old PyTorch checkpoint; export the model with "
               "torch.onnx.export";
    if (starts("version https://git-lfs"sv))
        return "a Git LFS pointer, not the file it stands for; run `git lfs pull`";
    if (starts("\x89HDF"sv)) return "an HDF5 (Keras) file; convert it with tf2onnx";
    if (starts("\x1f\x8b"sv)) return "a gzip archive; unpack it first";
    if (b.size() > 262 && b.substr(257, 5) == "ustar") return "a tar archive; unpack it first";
    if (b.size() > 10 && b.substr(4, 4) == "TFL3")
        return "a TensorFlow Lite model; convert it with tf2onnx";
    if (b.size() > 10 && b.substr(8, 2) == "{\"")
        return "a safetensors file, which has weights but no graph";
    if (starts("BIREME"sv)) return "a Bireme engine; load it with the runtime, not the parser";
    if (starts("ftrt"sv)) return "a TensorRT engine; build from the ONNX model it was made of";
    if (starts("\x7f"
               "ELF"sv))
        return "an executable or shared library";
    if (text != head.npos && head[text] == '<')
        return "an HTML or XML page, perhaps a failed download";
    if (text != head.npos && head[text] == '{') return "a JSON file";
    return {};
}

}  // namespace bireme::parsers
