// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "bireme/plugin.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace bireme::plugin {

// Fields with memory of their own.
class Fields {
public:
    void add(std::string name, PluginFieldType type, int32_t length, std::vector<uint8_t> data);
    const PluginFieldCollection& collection();

private:
    struct Stored {
        std::string name;
        std::vector<uint8_t> data;
        PluginFieldType type;
        int32_t length;
    };
    std::deque<Stored> stored_;
    std::vector<PluginField> fields_;
    PluginFieldCollection collection_{0, nullptr};
};

// Bytes of `length` values; kUNKNOWN counts bytes.
size_t fieldBytes(PluginFieldType type, int32_t length);

void writeFields(ByteWriter& out, const PluginFieldCollection& fields);
Fields readFields(ByteReader& in);

}  // namespace bireme::plugin
