// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/proto.h"
#include "parsers/protobuf/onnx_fields.h"

namespace bireme::onnx_import {

namespace {

namespace field = protobuf::onnx;
using protobuf::Malformed;
using protobuf::Reader;

std::string_view domainOf(std::string_view text) {
    return text == "ai.onnx" ? std::string_view{} : text;
}

ExternalEntry readEntry(Reader r) {
    ExternalEntry out;
    while (r.next()) {
        switch (r.number()) {
            case field::entry::key.number: out.key = r.text(field::entry::key); break;
            case field::entry::value.number: out.value = r.text(field::entry::value); break;
        }
    }
    return out;
}

void readFloats(Reader& r, TensorProto& out) {
    const bool first = out.raw.empty() && out.floats.empty();
    if (first && r.isLengthDelimited()) {
        out.raw = r.bytes(field::tensor::floatData);
        out.rawIsFloats = true;
        return;
    }
    if (!out.raw.empty() && out.floats.empty()) {  // a second piece: join both
        throw Malformed("TensorProto.float_data of \"" + std::string(out.name) +
                        "\" is split or given beside raw_data");
    }
    r.reals(field::tensor::floatData, out.floats);
}

TensorProto readTensor(Reader r) {
    namespace t = field::tensor;
    TensorProto out;
    while (r.next()) {
        switch (r.number()) {
            case t::dims.number: r.integers(t::dims, out.dims); break;
            case t::dataType.number: out.type = ElementType(r.integer32(t::dataType)); break;
            case t::segment.number: throw Malformed("TensorProto.segment is not supported");
            case t::floatData.number: readFloats(r, out); break;
            case t::int32Data.number: r.integers(t::int32Data, out.integers); break;
            case t::int64Data.number: r.integers(t::int64Data, out.integers); break;
            case t::uint64Data.number: r.integers(t::uint64Data, out.integers); break;
            case t::doubleData.number: r.doubles(t::doubleData, out.doubles); break;
            case t::stringData.number: out.hasStrings = true; break;
            case t::name.number: out.name = r.text(t::name); break;
            case t::rawData.number:
                out.raw = r.bytes(t::rawData);
                out.rawIsFloats = false;
                break;
            case t::externalData.number:
                out.external.push_back(readEntry(r.message(t::externalData)));
                break;
            case t::dataLocation.number: out.isExternal = r.integer(t::dataLocation) == 1; break;
        }
    }
    return out;
}

SparseTensorProto readSparse(Reader r) {
    namespace t = field::sparse;
    SparseTensorProto out;
    while (r.next()) {
        switch (r.number()) {
            case t::values.number: out.values = readTensor(r.message(t::values)); break;
            case t::indices.number: out.indices = readTensor(r.message(t::indices)); break;
            case t::dims.number: r.integers(t::dims, out.dims); break;
        }
    }
    return out;
}

GraphProto readGraph(Reader r);

/// Old writers leave the type out; the field that is set tells it.
void settleType(AttributeProto& a, AttributeType seen) {
    if (a.type == AttributeType::kUndefined) a.type = seen;
}

AttributeProto readAttribute(Reader r) {
    namespace t = field::attribute;
    using Type = AttributeType;
    AttributeProto out;
    Type seen = Type::kUndefined;
    while (r.next()) {
        switch (r.number()) {
            case t::name.number: out.name = r.text(t::name); break;
            case t::refAttrName.number: out.refAttrName = r.text(t::refAttrName); break;
            case t::type.number: out.type = Type(r.integer32(t::type)); break;
            case t::f.number:
                out.f = r.real(t::f);
                seen = Type::kFloat;
                break;
            case t::i.number:
                out.i = r.integer(t::i);
                seen = Type::kInt;
                break;
            case t::s.number:
                out.s = r.bytes(t::s);
                seen = Type::kString;
                break;
            case t::t.number:
                out.t = std::make_shared<TensorProto>(readTensor(r.message(t::t)));
                seen = Type::kTensor;
                break;
            case t::sparseTensor.number:
                out.sparse =
                    std::make_shared<SparseTensorProto>(readSparse(r.message(t::sparseTensor)));
                seen = Type::kSparseTensor;
                break;
            case t::g.number:
                out.g = std::make_shared<GraphProto>(readGraph(r.message(t::g)));
                seen = Type::kGraph;
                break;
            case t::floats.number:
                r.reals(t::floats, out.floats);
                seen = Type::kFloats;
                break;
            case t::ints.number:
                r.integers(t::ints, out.ints);
                seen = Type::kInts;
                break;
            case t::strings.number:
                out.strings.push_back(r.bytes(t::strings));
                seen = Type::kStrings;
                break;
        }
    }
    settleType(out, seen);
    return out;
}

NodeProto readNode(Reader r) {
    namespace t = field::node;
    NodeProto out;
    while (r.next()) {
        switch (r.number()) {
            case t::input.number: out.inputs.push_back(r.text(t::input)); break;
            case t::output.number: out.outputs.push_back(r.text(t::output)); break;
            case t::name.number: out.name = r.text(t::name); break;
            case t::opType.number: out.opType = r.text(t::opType); break;
            case t::domain.number: out.domain = domainOf(r.text(t::domain)); break;
            case t::overload.number: out.overload = r.text(t::overload); break;
            case t::attribute.number:
                out.attributes.push_back(readAttribute(r.message(t::attribute)));
                break;
        }
    }
    return out;
}

DimProto readDim(Reader r) {
    DimProto out;
    while (r.next()) {
        switch (r.number()) {
            case field::shape::dimValue.number:
                out.value = r.integer(field::shape::dimValue);
                break;
            case field::shape::dimParam.number: out.symbol = r.text(field::shape::dimParam); break;
        }
    }
    return out;
}

void readTensorType(Reader r, ValueInfoProto& out) {
    while (r.next()) {
        if (r.number() == field::tensor_type::elemType.number) {
            out.type = ElementType(r.integer32(field::tensor_type::elemType));
        } else if (r.number() == field::tensor_type::shape.number) {
            Reader dims = r.message(field::tensor_type::shape);
            out.hasShape = true;
            while (dims.next()) {
                if (dims.number() == field::shape::dim.number)
                    out.dims.push_back(readDim(dims.message(field::shape::dim)));
            }
        }
    }
}

void readType(Reader r, ValueInfoProto& out, int depth = 0);

void readListType(Reader r, ValueInfoProto& out, int depth) {
    constexpr int kDeepest = 8;
    while (r.next()) {
        if (r.number() != field::list_type::elemType.number) continue;
        if (depth == kDeepest) throw Malformed("types of sequences are nested more than 8 deep");
        out.element = std::make_shared<ValueInfoProto>();
        readType(r.message(field::list_type::elemType), *out.element, depth + 1);
    }
}

void readType(Reader r, ValueInfoProto& out, int depth) {
    using Kind = ValueInfoProto::Kind;
    while (r.next()) {
        switch (r.number()) {
            case field::type::tensorType.number:
                out.kind = Kind::kTensor;
                readTensorType(r.message(field::type::tensorType), out);
                break;
            case field::type::sequenceType.number:
                out.kind = Kind::kSequence;
                readListType(r.message(field::type::sequenceType), out, depth);
                break;
            case field::type::mapType.number: out.kind = Kind::kMap; break;
            case field::type::sparseTensorType.number: out.kind = Kind::kSparse; break;
            case field::type::optionalType.number:
                out.kind = Kind::kOptional;
                readListType(r.message(field::type::optionalType), out, depth);
                break;
        }
    }
}

ValueInfoProto readValueInfo(Reader r) {
    ValueInfoProto out;
    while (r.next()) {
        switch (r.number()) {
            case field::value_info::name.number: out.name = r.text(field::value_info::name); break;
            case field::value_info::type.number:
                readType(r.message(field::value_info::type), out);
                break;
        }
    }
    return out;
}

GraphProto readGraph(Reader r) {
    namespace t = field::graph;
    GraphProto out;
    while (r.next()) {
        switch (r.number()) {
            case t::node.number: out.nodes.push_back(readNode(r.message(t::node))); break;
            case t::name.number: out.name = r.text(t::name); break;
            case t::initializer.number:
                out.initializers.push_back(readTensor(r.message(t::initializer)));
                break;
            case t::input.number: out.inputs.push_back(readValueInfo(r.message(t::input))); break;
            case t::output.number:
                out.outputs.push_back(readValueInfo(r.message(t::output)));
                break;
            case t::valueInfo.number:
                out.inner.push_back(readValueInfo(r.message(t::valueInfo)));
                break;
            case t::sparseInitializer.number:
                out.sparseInitializers.push_back(readSparse(r.message(t::sparseInitializer)));
                break;
        }
    }
    return out;
}

OpsetId readOpset(Reader r) {
    OpsetId out;
    while (r.next()) {
        switch (r.number()) {
            case field::opset::domain.number:
                out.domain = domainOf(r.text(field::opset::domain));
                break;
            case field::opset::version.number:
                out.version = r.integer(field::opset::version);
                break;
        }
    }
    return out;
}

FunctionProto readFunction(Reader r) {
    namespace t = field::function;
    FunctionProto out;
    while (r.next()) {
        switch (r.number()) {
            case t::name.number: out.name = r.text(t::name); break;
            case t::domain.number: out.domain = domainOf(r.text(t::domain)); break;
            case t::overload.number: out.overload = r.text(t::overload); break;
            case t::input.number: out.inputs.push_back(r.text(t::input)); break;
            case t::output.number: out.outputs.push_back(r.text(t::output)); break;
            case t::node.number: out.nodes.push_back(readNode(r.message(t::node))); break;
            case t::opsetImport.number:
                out.opsets.push_back(readOpset(r.message(t::opsetImport)));
                break;
            case t::attributeProto.number:
                out.defaults.push_back(readAttribute(r.message(t::attributeProto)));
                break;
        }
    }
    return out;
}

}  // namespace

ModelProto decodeModel(std::string_view bytes) {
    namespace t = field::model;
    const auto texts = std::make_shared<protobuf::Texts>();
    protobuf::Document document(bytes, {}, texts.get());
    Reader r(document);
    ModelProto out;
    out.texts = texts;
    while (r.next()) {
        switch (r.number()) {
            case t::irVersion.number: out.irVersion = r.integer(t::irVersion); break;
            case t::producerName.number: out.producerName = r.text(t::producerName); break;
            case t::producerVersion.number: out.producerVersion = r.text(t::producerVersion); break;
            case t::graph.number:
                if (out.graph) throw Malformed("ModelProto.graph appears twice");
                out.graph = readGraph(r.message(t::graph));
                break;
            case t::opsetImport.number:
                out.opsets.push_back(readOpset(r.message(t::opsetImport)));
                break;
            case t::functions.number:
                out.functions.push_back(readFunction(r.message(t::functions)));
                break;
        }
    }
    return out;
}

TensorProto decodeTensor(std::string_view bytes) {
    protobuf::Document document(bytes);
    return readTensor(Reader(document));
}

}  // namespace bireme::onnx_import
