// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/blob.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "parsers/caffe/refusal.h"
#include "parsers/caffe/schema.h"
#include "parsers/common/half.h"

namespace bireme::caffe_import {

using protobuf::Document;
using protobuf::Field;
using protobuf::Reader;

int64_t checkedVolume(const Shape& dims) {
    constexpr int64_t kMost = int64_t{1} << 40;
    int64_t count = 1;
    for (const int64_t d : dims)
        if (d == 0) count = 0;
    for (const int64_t d : dims) {
        if (d < 0) throw Refusal("a shape has the negative extent " + std::to_string(d));
        if (d != 0 && count > kMost / d) throw Refusal("a shape has too many elements");
        count *= d;
    }
    return count;
}

namespace {

/// NVIDIA's fork writes raw bytes of these types.
enum class RawType : int64_t { kDOUBLE = 0, kFLOAT = 1, kHALF = 2 };

/// What a BlobProto holds, as it stands in the file.
struct Encoded {
    std::optional<Shape> shape;
    Shape legacy{0, 0, 0, 0};  ///< num, channels, height, width
    bool isLegacy = false;
    std::vector<std::string_view> packed;  ///< pieces of `data`
    std::vector<float> single;             ///< or its values one by one
    std::vector<double> doubles;
    std::optional<std::string_view> raw;
    int64_t rawType = static_cast<int64_t>(RawType::kDOUBLE);
};

Shape readShape(Reader r) {
    static const Field kDim = blobShape().wire("dim");
    Shape dims;
    while (r.next())
        if (r.number() == kDim.number) r.integers(kDim, dims);
    if (dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal("its shape has " + std::to_string(dims.size()) +
                      " dimensions; the most is 8");
    return dims;
}

Encoded readBlob(Document& document) {
    static const MessageType& t = blobProto();
    static const Field kData = t.wire("data"), kShape = t.wire("shape"),
                       kDouble = t.wire("double_data"), kRaw = t.wire("raw_data"),
                       kRawType = t.wire("raw_data_type");
    static const Field kLegacy[] = {t.wire("num"), t.wire("channels"), t.wire("height"),
                                    t.wire("width")};
    Encoded e;
    Reader r(document);
    while (r.next()) {
        for (size_t i = 0; i < 4; ++i) {
            if (r.number() != kLegacy[i].number) continue;
            e.legacy[i] = r.integer(kLegacy[i]);
            e.isLegacy = true;
            break;
        }
        if (r.number() == kShape.number) {
            e.shape = readShape(r.message(kShape));
        } else if (r.number() == kData.number) {
            if (r.isLengthDelimited())
                e.packed.push_back(r.bytes(kData));
            else
                r.reals(kData, e.single);
        } else if (r.number() == kDouble.number) {
            r.doubles(kDouble, e.doubles);
        } else if (r.number() == kRaw.number) {
            e.raw = r.bytes(kRaw);
        } else if (r.number() == kRawType.number) {
            e.rawType = r.integer(kRawType);
        }
    }
    return e;
}

size_t rawWidth(int64_t type) {
    switch (static_cast<RawType>(type)) {
        case RawType::kDOUBLE: return 8;
        case RawType::kFLOAT: return 4;
        case RawType::kHALF: return 2;
        default:
            throw Refusal("its raw data has the type " + std::to_string(type) +
                          "; double, float and half are read");
    }
}

void convertRaw(std::string_view raw, int64_t type, float* out, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const char* p = raw.data() + i * rawWidth(type);
        if (type == static_cast<int64_t>(RawType::kHALF)) {
            uint16_t bits = 0;
            std::memcpy(&bits, p, sizeof bits);
            out[i] = parsers::floatOfHalf(bits);
        } else {
            double value = 0;
            std::memcpy(&value, p, sizeof value);
            out[i] = static_cast<float>(value);
        }
    }
}

}  // namespace

float* BlobPool::make(int64_t count) {
    return static_cast<float*>(memory_.allocate(static_cast<size_t>(count) * sizeof(float)));
}

Blob BlobPool::copy(const std::vector<float>& values) {
    Blob b;
    b.count = static_cast<int64_t>(values.size());
    b.dims = {b.count};
    float* out = make(b.count);
    std::copy(values.begin(), values.end(), out);
    b.values = out;
    return b;
}

const float* BlobPool::borrow(std::string_view bytes) {
    if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0)
        return reinterpret_cast<const float*>(bytes.data());
    void* out = memory_.allocate(bytes.size());  // a file need not align its data
    std::memcpy(out, bytes.data(), bytes.size());
    return static_cast<const float*>(out);
}

void BlobPool::roundToHalf(Blob& blob) {
    float* out = make(blob.count);
    for (int64_t i = 0; i < blob.count; ++i) {
        out[i] = parsers::roundedToHalf(blob.values[i]);
        if (std::isnan(blob.values[i])) throw Refusal("a value is not a number");
        if (std::isinf(out[i])) throw Refusal("a value does not fit half precision");
    }
    blob.values = out;
}

Blob BlobPool::decode(std::string_view proto, bool asTrained) {
    Document document(proto);
    const Encoded e = readBlob(document);
    Blob b;
    b.dims = e.isLegacy ? e.legacy : e.shape.value_or(Shape{});
    const int64_t declared = checkedVolume(b.dims);
    if (e.raw) {
        b.count = static_cast<int64_t>(e.raw->size() / rawWidth(e.rawType));
        b.wasHalf = e.rawType == static_cast<int64_t>(RawType::kHALF);
    } else if (!e.doubles.empty()) {
        b.count = static_cast<int64_t>(e.doubles.size());
    } else {
        size_t bytes = e.single.size() * sizeof(float);
        for (const auto& piece : e.packed) {
            if (piece.size() % sizeof(float) != 0)
                throw Refusal("BlobProto.data is not a whole count of numbers");
            bytes += piece.size();
        }
        b.count = static_cast<int64_t>(bytes / sizeof(float));
    }
    if (b.count != declared)
        throw Refusal("it holds " + std::to_string(b.count) + " values, its shape needs " +
                      std::to_string(declared));
    if (e.raw && e.rawType == static_cast<int64_t>(RawType::kFLOAT)) {
        b.values = borrow(*e.raw);
    } else if (!e.raw && e.doubles.empty() && e.single.empty() && e.packed.size() == 1) {
        b.values = borrow(e.packed[0]);
    } else {
        float* out = make(b.count);
        b.values = out;
        if (e.raw) convertRaw(*e.raw, e.rawType, out, static_cast<size_t>(b.count));
        for (size_t i = 0; !e.raw && i < e.doubles.size(); ++i)
            out[i] = static_cast<float>(e.doubles[i]);
        if (!e.raw && e.doubles.empty()) {
            for (const auto& piece : e.packed) {
                std::memcpy(out, piece.data(), piece.size());
                out += piece.size() / sizeof(float);
            }
            std::copy(e.single.begin(), e.single.end(), out);
        }
    }
    if (half_ && asTrained) roundToHalf(b);
    return b;
}

std::shared_ptr<const Trained> Trained::fromFile(const std::string& path) {
    auto out = std::make_shared<Trained>();
    out->file_ = parsers::MappedFile::open(path);
    out->read(out->file_->bytes());
    return out;
}

std::shared_ptr<const Trained> Trained::fromBytes(const void* bytes, size_t size) {
    auto out = std::make_shared<Trained>();
    out->copy_.assign(static_cast<const char*>(bytes), size);
    out->read(out->copy_);
    return out;
}

const std::vector<std::string_view>* Trained::find(std::string_view layer) const {
    const auto it = layers_.find(layer);
    return it == layers_.end() ? nullptr : &it->second;
}

namespace {

/// Name and blobs of a layer of any age.
struct Entry {
    std::string_view name;
    std::vector<std::string_view> blobs;

    void read(Reader r, const MessageType& t) {
        const Field kName = t.wire("name"), kBlobs = t.wire("blobs");
        const bool v1 = &t == &v1LayerParameter();
        const Field kOld = v1 ? t.wire("layer") : Field{0, ""};
        while (r.next()) {
            if (r.number() == kName.number)
                name = r.text(kName);
            else if (r.number() == kBlobs.number)
                blobs.push_back(r.bytes(kBlobs));
            else if (v1 && r.number() == kOld.number)
                read(r.message(kOld), v0LayerParameter());
        }
    }
};

}  // namespace

void Trained::read(std::string_view bytes) {
    const std::string what = parsers::foreignFormat(bytes);
    if (bytes.starts_with("\x89HDF"))
        throw Refusal("the weights are an HDF5 file; save them as .caffemodel, which is protobuf");
    static const Field kLayer = netParameter().wire("layer"),
                       kLayers = netParameter().wire("layers");
    try {
        Document document(bytes);
        Reader r(document);
        while (r.next()) {
            Entry entry;
            if (r.number() == kLayer.number)
                entry.read(r.message(kLayer), layerParameter());
            else if (r.number() == kLayers.number)
                entry.read(r.message(kLayers), v1LayerParameter());
            else
                continue;
            if (!entry.blobs.empty() || layers_.count(entry.name) == 0)
                layers_[entry.name] = std::move(entry.blobs);
        }
    } catch (const protobuf::Malformed& e) {
        if (!what.empty()) throw Refusal("the weights look like " + what);
        throw Refusal(std::string("the weights are no .caffemodel file: ") + e.what());
    }
    if (layers_.empty()) throw Refusal("the weights hold no layer; is it a .caffemodel file?");
}

}  // namespace bireme::caffe_import
