// SPDX-License-Identifier: Apache-2.0
// Placeholder and Const.
#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

std::vector<std::string> convertPlaceholder(const Step& s) {
    const Attribute* type = s.node.find("dtype");
    const Attribute* shape = s.node.find("shape");
    const bool known =
        shape != nullptr && shape->kind == Attribute::Kind::kShape && !shape->unknownRank;
    s.run.emit(UffNode(s.node.name, "Input", {})
                   .type("dtype", type == nullptr ? 0x20020 : uffType(type->integer))
                   .integers("shape", known ? shape->integers : Shape{}));
    return {};
}

std::vector<std::string> convertConst(const Step& s) {
    s.run.file().constant(s.node.name, Graph::constant(s.node));
    return {};
}

}  // namespace

void registerConverters_constant(ConverterTable& table) {
    table.add({
        {"Const", convertConst, "Const", "float64 becomes float32, uint8 and uint16 int32"},
        {"Placeholder", convertPlaceholder, "Input"},
        {"PlaceholderWithDefault", convertPlaceholder, "Input", "the default is dropped"},
    });
}

}  // namespace bireme::tensorflow
