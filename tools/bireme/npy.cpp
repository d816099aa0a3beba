// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/npy.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace bireme::cli {

namespace {
struct Row {
    DataType type;
    const char* npy;
    const char* name;
    size_t bytes;
};
const Row kRows[] = {
    {DataType::kFLOAT, "<f4", "float32", 4}, {DataType::kDOUBLE, "<f8", "float64", 8},
    {DataType::kHALF, "<f2", "float16", 2},  {DataType::kINT8, "|i1", "int8", 1},
    {DataType::kUINT8, "|u1", "uint8", 1},   {DataType::kBOOL, "|b1", "bool", 1},
    {DataType::kINT16, "<i2", "int16", 2},   {DataType::kUINT16, "<u2", "uint16", 2},
    {DataType::kINT32, "<i4", "int32", 4},   {DataType::kUINT32, "<u4", "uint32", 4},
    {DataType::kINT64, "<i8", "int64", 8},   {DataType::kUINT64, "<u8", "uint64", 8},
    {DataType::kBF16, "", "bfloat16", 2},    {DataType::kFP8, "", "float8", 1},
};

const Row& row(DataType type) {
    for (const Row& r : kRows)
        if (r.type == type) return r;
    throw std::runtime_error("data type " + std::to_string(static_cast<int>(type)) +
                             " has no NumPy form");
}

struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
};
using File = std::unique_ptr<std::FILE, Close>;

File open(const std::string& path, const char* mode) {
    File f(std::fopen(path.c_str(), mode));
    if (!f) throw std::runtime_error("cannot open \"" + path + "\": " + std::strerror(errno));
    return f;
}

std::string between(const std::string& header, const std::string& key, char open, char close,
                    const std::string& path) {
    size_t k = header.find("'" + key + "'"), a = header.find(open, header.find(':', k)),
           b = header.find(close, a + 1);
    if (k == std::string::npos || a == std::string::npos || b == std::string::npos)
        throw std::runtime_error("\"" + path + "\" has no readable .npy header");
    return header.substr(a + 1, b - a - 1);
}
}  // namespace

size_t elementBytes(DataType type) { return row(type).bytes; }
const char* typeName(DataType type) { return row(type).name; }

std::vector<uint8_t> readFile(const std::string& path) {
    File f = open(path, "rb");
    std::vector<uint8_t> bytes;
    uint8_t chunk[65536];
    for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, f.get())) > 0;)
        bytes.insert(bytes.end(), chunk, chunk + n);
    if (std::ferror(f.get()))
        throw std::runtime_error("cannot read \"" + path + "\": " + std::strerror(errno));
    return bytes;
}

void writeFile(const std::string& path, const void* data, size_t size) {
    File f = open(path, "wb");
    if (std::fwrite(data, 1, size, f.get()) != size || std::fflush(f.get()) != 0)
        throw std::runtime_error("cannot write \"" + path + "\": " + std::strerror(errno));
}

Array readNpy(const std::string& path) {
    std::vector<uint8_t> file = readFile(path);
    if (file.size() < 12 || std::memcmp(file.data(), "\x93NUMPY", 6) != 0)
        throw std::runtime_error("\"" + path + "\" is no .npy file");
    size_t length = file[6] == 1
                        ? file[8] + 256u * file[9]
                        : file[8] + 256u * file[9] + 65536u * file[10] + 16777216u * file[11];
    size_t begin = file[6] == 1 ? 10 : 12;
    if (begin + length > file.size()) throw std::runtime_error("\"" + path + "\" is truncated");
    std::string header(reinterpret_cast<const char*>(file.data()) + begin, length);
    if (header.find("'fortran_order': True") != std::string::npos)
        throw std::runtime_error("\"" + path +
                                 "\" is in Fortran order; save it with numpy.ascontiguousarray");
    Array a;
    std::string descr = between(header, "descr", '\'', '\'', path);
    bool found = false;
    for (const Row& r : kRows)
        if (descr == r.npy) a.type = r.type, found = true;
    if (!found)
        throw std::runtime_error("\"" + path + "\" has elements of type " + descr +
                                 ", which engines do not take");
    std::string shape = between(header, "shape", '(', ')', path);
    size_t count = 1;
    for (char* p = shape.data(); *p;) {
        char* end;
        long long v = std::strtoll(p, &end, 10);
        if (end == p) break;
        a.dims.push_back(v);
        count *= static_cast<size_t>(v);
        p = end + (*end == ',');
    }
    a.bytes.assign(file.begin() + static_cast<long>(begin + length), file.end());
    if (a.bytes.size() != count * elementBytes(a.type))
        throw std::runtime_error("\"" + path + "\" has the wrong length for its shape");
    return a;
}

void writeNpy(const std::string& path, const Array& a) {
    std::string shape;
    for (int64_t d : a.dims) shape += std::to_string(d) + ",";
    std::string header = std::string("{'descr': '") + row(a.type).npy +
                         "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
    header += '\n';
    std::vector<uint8_t> out = {0x93,
                                'N',
                                'U',
                                'M',
                                'P',
                                'Y',
                                1,
                                0,
                                static_cast<uint8_t>(header.size() & 255),
                                static_cast<uint8_t>(header.size() >> 8)};
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), a.bytes.begin(), a.bytes.end());
    writeFile(path, out.data(), out.size());
}

}  // namespace bireme::cli
