// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/jit/cache.h"

#include "base/cache_folder.h"
#include "base/text.h"

#include <unistd.h>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace bireme::cuda {

namespace {

std::mutex mutex;
std::map<Hash128, Blob>& known() {
    static auto* map = new std::map<Hash128, Blob>;
    return *map;
}

// The code, then its hash.
Blob readFile(const std::string& path) {
    std::FILE* f = std::fopen(path.c_str(), "rb");
    if (!f) return {};
    std::vector<uint8_t> bytes;
    uint8_t part[65536];
    for (size_t n; (n = std::fread(part, 1, sizeof part, f)) > 0;)
        bytes.insert(bytes.end(), part, part + n);
    std::fclose(f);
    if (bytes.size() <= sizeof(uint64_t)) return {};
    size_t size = bytes.size() - sizeof(uint64_t);
    uint64_t sum = 0;
    std::memcpy(&sum, bytes.data() + size, sizeof sum);
    if (sum != hash64(bytes.data(), size)) return {};
    bytes.resize(size);
    return Blob::own(std::move(bytes));
}

// Under another name first: other processes must never see half a file.
void writeFile(const std::string& path, const Blob& bytes) {
    std::string temporary = cat(path, ".", ::getpid());
    std::FILE* f = std::fopen(temporary.c_str(), "wb");
    if (!f) return;
    uint64_t sum = hash64(bytes.data(), bytes.size());
    bool ok = std::fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size() &&
              std::fwrite(&sum, sizeof sum, 1, f) == 1;
    ok = std::fclose(f) == 0 && ok;
    if (!ok || std::rename(temporary.c_str(), path.c_str()) != 0) std::remove(temporary.c_str());
}

}  // namespace

std::string binaryFolder() {
    static const auto* folder = new std::string(cacheFolder("cuda"));
    return *folder;
}

Blob findBinary(const Hash128& key) {
    {
        std::lock_guard lock(mutex);
        if (auto it = known().find(key); it != known().end()) return it->second;
    }
    if (binaryFolder().empty()) return {};
    Blob bytes = readFile(cat(binaryFolder(), "/", key.hex(), ".cubin"));
    if (bytes) {
        std::lock_guard lock(mutex);
        known()[key] = bytes;
    }
    return bytes;
}

void keepBinary(const Hash128& key, const Blob& bytes) {
    {
        std::lock_guard lock(mutex);
        known()[key] = bytes;
    }
    if (!binaryFolder().empty()) writeFile(cat(binaryFolder(), "/", key.hex(), ".cubin"), bytes);
}

}  // namespace bireme::cuda
