// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "ir/op.h"

#include <string>
#include <vector>

namespace bireme::ir {

// The visitors over an op's fields(). Bytes and text leave out attributes that equal the default.
std::vector<uint8_t> attributeBytes(const Op& op);  // tagged, self-delimiting; canonical
void readAttributes(Op& op, ByteReader& reader);    // unknown tags (from newer files) are an error
std::string attributeText(const Op& op);            // "axis=1, fn=relu"; "" when all are default
std::string attributeJson(const Op& op);            // {"axis": 1, "fn": "relu"}, all attributes

// One attribute as free text ("1", "relu", "[1,2]"); throws Error naming op and attribute.
void setAttribute(Op& op, const std::string& name, const std::string& value);
std::vector<std::string> attributeNames(const Op& op);

struct AttributeDoc {
    int tag;
    std::string name, type, defaultText;
};
std::vector<AttributeDoc> attributeDocs(const OpDef& def);

}  // namespace bireme::ir
