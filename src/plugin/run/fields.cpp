// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/fields.h"

#include "base/status.h"
#include "base/text.h"

namespace bireme::plugin {

void Fields::add(std::string name, PluginFieldType type, int32_t length,
                 std::vector<uint8_t> data) {
    stored_.push_back({std::move(name), std::move(data), type, length});
}

const PluginFieldCollection& Fields::collection() {
    fields_.clear();
    for (const Stored& s : stored_)
        fields_.emplace_back(s.name.c_str(), s.data.data(), s.type, s.length);
    collection_ = {static_cast<int32_t>(fields_.size()), fields_.data()};
    return collection_;
}

size_t fieldBytes(PluginFieldType type, int32_t length) {
    auto n = static_cast<size_t>(length);
    switch (type) {
        case PluginFieldType::kFLOAT16:
        case PluginFieldType::kBF16:
        case PluginFieldType::kINT16: return n * 2;
        case PluginFieldType::kFLOAT32:
        case PluginFieldType::kINT32: return n * 4;
        case PluginFieldType::kFLOAT64:
        case PluginFieldType::kINT64: return n * 8;
        case PluginFieldType::kDIMS: return n * sizeof(Dims);
        case PluginFieldType::kINT4:
        case PluginFieldType::kFP4: return (n + 1) / 2;
        case PluginFieldType::kINT8:
        case PluginFieldType::kFP8:
        case PluginFieldType::kCHAR:
        case PluginFieldType::kUNKNOWN: return n;
    }
    failInvalid(cat("there is no plugin field type ", static_cast<int>(type)));
}

void writeFields(ByteWriter& out, const PluginFieldCollection& fields) {
    out.varint(static_cast<uint64_t>(fields.nbFields));
    for (int32_t i = 0; i < fields.nbFields; ++i) {
        const PluginField& f = fields.fields[i];
        if (!f.name) failInvalid(cat("field ", i, " has no name"));
        if (f.length < 0 || (f.length > 0 && !f.data))
            failInvalid(cat("field \"", f.name, "\" has length ", f.length, " and address ",
                            f.data ? "set" : "null"));
        out.string(f.name);
        out.put(static_cast<int32_t>(f.type));
        out.put(f.length);
        out.raw(f.data, fieldBytes(f.type, f.length));
    }
}

Fields readFields(ByteReader& in) {
    Fields fields;
    size_t count = in.count(9);
    for (size_t i = 0; i < count; ++i) {
        std::string name = in.string();
        auto type = static_cast<PluginFieldType>(in.get<int32_t>());
        auto length = in.get<int32_t>();
        if (length < 0) in.corrupt(cat("a plugin's field of length ", length));
        size_t bytes = fieldBytes(type, length);
        const uint8_t* data = in.raw(bytes);
        fields.add(std::move(name), type, length, {data, data + bytes});
    }
    return fields;
}

}  // namespace bireme::plugin
