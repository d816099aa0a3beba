// SPDX-License-Identifier: Apache-2.0
// Const, and what the graph's import handles by itself.
#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

Value importConst(Node& n) {
    const int64_t type = n.type("dtype", static_cast<int64_t>(ElementType::kFLOAT));
    const Shape shape = n.integers("shape").value_or(Shape{});
    return Value(n.net().pool().import({}, type, shape, n.blob("values")));
}

}  // namespace

void registerImporters_constant(ImporterTable& table) {
    table.add({
        {"Const", importConst, "float32, float16, int64, int32, int16, int8"},
        {"Input", nullptr, "an input of the network, as registered"},
        {"MarkOutput", nullptr, "an output of the network, in TensorFlow's order of dimensions",
         OrderRole::kNothing},
    });
}

}  // namespace bireme::uff_import
