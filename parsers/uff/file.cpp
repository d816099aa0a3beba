// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/file.h"
#include "parsers/common/utf8.h"

#include <bit>

#include "parsers/protobuf/uff_fields.h"
#include "parsers/uff/refusal.h"

namespace bireme::uff_import {

namespace pb = bireme::protobuf;
namespace uff = bireme::protobuf::uff;

static_assert(std::endian::native == std::endian::little, "UFF stores weights little-endian");

namespace {

using parsers::inQuotes;
using Kind = Data::Kind;

double realOf(pb::Reader& r, const pb::Field& field) {
    std::vector<double> one;
    r.doubles(field, one);
    return one.empty() ? 0 : one.back();
}

/// The list of the entry whose key is -1 (SPECIAL); other keys have never been seen.
Order orderOf(pb::Reader r) {
    Order order;
    while (r.next()) {
        if (r.number() != uff::ordersEntry.number) continue;
        pb::Reader entry = r.message(uff::ordersEntry);
        while (entry.next()) {
            if (entry.number() != uff::entry::value.number) continue;
            order.clear();
            pb::Reader list = entry.message(uff::entry::value);
            while (list.next())
                if (list.number() == uff::listValue.number) list.integers(uff::listValue, order);
        }
    }
    return order;
}

void integersOf(pb::Reader list, std::vector<int64_t>& out) {
    while (list.next())
        if (list.number() == uff::listValue.number) list.integers(uff::listValue, out);
}

void listOf(pb::Reader list, Data& out) {
    while (list.next()) {
        if (list.number() != uff::listValue.number) continue;
        if (out.kind == Kind::kTexts) out.texts.push_back(list.text(uff::listValue));
        if (out.kind == Kind::kReals) list.doubles(uff::listValue, out.reals);
        if (out.kind == Kind::kOrders) out.orders.push_back(orderOf(list.message(uff::listValue)));
    }
}

// NOLINTNEXTLINE(readability-function-size): one line of a table per member
void decodeMember(pb::Reader& r, Data& out) {
    const auto begin = [&](Kind kind) { (out = Data{}).kind = kind; };
    switch (r.number()) {
        case uff::data::s.number:
            begin(Kind::kText);
            out.text = r.bytes(uff::data::s);
            break;
        case uff::data::sList.number:
            begin(Kind::kTexts);
            listOf(r.message(uff::data::sList), out);
            break;
        case uff::data::d.number:
            begin(Kind::kReal);
            out.real = realOf(r, uff::data::d);
            break;
        case uff::data::dList.number:
            begin(Kind::kReals);
            listOf(r.message(uff::data::dList), out);
            break;
        case uff::data::b.number:
            begin(Kind::kFlag);
            out.integer = r.integer(uff::data::b) != 0;
            break;
        case uff::data::bList.number:
            begin(Kind::kFlags);
            integersOf(r.message(uff::data::bList), out.integers);
            break;
        case uff::data::i.number:
            begin(Kind::kInteger);
            out.integer = r.integer(uff::data::i);
            break;
        case uff::data::iList.number:
            begin(Kind::kIntegers);
            integersOf(r.message(uff::data::iList), out.integers);
            break;
        case uff::data::blob.number:
            begin(Kind::kBlob);
            out.text = r.bytes(uff::data::blob);
            break;
        case uff::data::ref.number:
            begin(Kind::kReference);
            out.text = r.text(uff::data::ref);
            break;
        case uff::data::dtype.number:
            begin(Kind::kType);
            out.integer = r.integer(uff::data::dtype);
            break;
        case uff::data::dtypeList.number:
            begin(Kind::kTypes);
            integersOf(r.message(uff::data::dtypeList), out.integers);
            break;
        case uff::data::orders.number:
            begin(Kind::kOrders);
            out.orders.push_back(orderOf(r.message(uff::data::orders)));
            break;
        case uff::data::ordersList.number:
            begin(Kind::kOrders);
            listOf(r.message(uff::data::ordersList), out);
            break;
        default: break;
    }
}

std::pair<std::string_view, Data> entryOf(pb::Reader r) {
    std::pair<std::string_view, Data> out;
    while (r.next()) {
        if (r.number() == uff::entry::key.number) out.first = r.text(uff::entry::key);
        if (r.number() == uff::entry::value.number) {
            pb::Reader value = r.message(uff::entry::value);
            while (value.next()) decodeMember(value, out.second);
        }
    }
    return out;
}

FileNode nodeOf(pb::Reader r) {
    FileNode node;
    while (r.next()) {
        switch (r.number()) {
            case uff::node::id.number: node.id = r.text(uff::node::id); break;
            case uff::node::inputs.number: node.inputs.push_back(r.text(uff::node::inputs)); break;
            case uff::node::operation.number: node.operation = r.text(uff::node::operation); break;
            case uff::node::fields.number:
                node.fields.push_back(entryOf(r.message(uff::node::fields)));
                break;
            default: break;
        }
    }
    return node;
}

Descriptor descriptorOf(pb::Reader r) {
    Descriptor d;
    while (r.next()) {
        if (r.number() == uff::descriptor::id.number) d.id = r.text(uff::descriptor::id);
        if (r.number() == uff::descriptor::version.number)
            d.version = r.integer(uff::descriptor::version);
        if (r.number() == uff::descriptor::optional.number)
            d.optional = r.integer(uff::descriptor::optional) != 0;
    }
    return d;
}

}  // namespace

const Data* FileNode::field(std::string_view name) const {
    for (const auto& [key, value] : fields)
        if (key == name) return &value;
    return nullptr;
}

void File::decode(std::string_view bytes) {
    if (const std::string other = parsers::foreignFormat(bytes); !other.empty())
        throw Refusal("this is no UFF file but " + other);
    pb::Document document(bytes);
    pb::Reader r(document);
    int graphs = 0;
    while (r.next()) {
        switch (r.number()) {
            case uff::meta::version.number:
                if (const int64_t v = r.integer(uff::meta::version); v != 1)
                    throw Refusal("UFF version " + std::to_string(v) + "; version 1 is known");
                break;
            case uff::meta::descriptors.number:
                descriptors_.push_back(descriptorOf(r.message(uff::meta::descriptors)));
                break;
            case uff::meta::graphs.number: {
                if (++graphs > 1) throw Refusal("the file has more than one graph");
                pb::Reader graph = r.message(uff::meta::graphs);
                while (graph.next())
                    if (graph.number() == uff::graph::nodes.number)
                        nodes_.push_back(nodeOf(graph.message(uff::graph::nodes)));
                break;
            }
            case uff::meta::referenced.number: {
                auto [key, value] = entryOf(r.message(uff::meta::referenced));
                referenced_[key] = std::move(value);
                break;
            }
            default: break;
        }
    }
    if (graphs == 0) throw Refusal("the bytes hold no UFF graph");
    index();
}

void File::index() {
    for (size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].id.empty()) throw Refusal("node " + std::to_string(i) + " has no id");
        if (!byId_.emplace(nodes_[i].id, i).second)
            throw Refusal("two nodes are called " + inQuotes(nodes_[i].id));
    }
}

std::unique_ptr<const File> File::fromPath(const std::string& path) {
    std::unique_ptr<File> file(new File);
    try {
        file->mapped_ = parsers::MappedFile::open(path);
        file->decode(file->mapped_->bytes());
    } catch (const pb::Malformed& e) {
        throw Refusal(inQuotes(path) + " is no UFF file: " + e.what());
    } catch (const Refusal& e) {
        throw Refusal(inQuotes(path) + ": " + e.what());
    }
    return file;
}

std::unique_ptr<const File> File::fromBytes(const void* bytes, size_t size) {
    if (bytes == nullptr || size == 0) throw Refusal("the buffer is empty");
    std::unique_ptr<File> file(new File);
    file->copied_.assign(static_cast<const char*>(bytes), size);
    try {
        file->decode(file->copied_);
    } catch (const pb::Malformed& e) {
        throw Refusal(std::string("the buffer is no UFF file: ") + e.what());
    }
    return file;
}

const FileNode* File::node(std::string_view id) const {
    const auto it = byId_.find(id);
    return it == byId_.end() ? nullptr : &nodes_[it->second];
}

const Data* File::resolve(const Data* data) const {
    for (size_t steps = 0; data != nullptr && data->kind == Kind::kReference; ++steps) {
        const auto it = referenced_.find(data->text);
        if (it == referenced_.end())
            throw Refusal("the referenced data " + inQuotes(data->text) + " is missing");
        if (steps > referenced_.size())
            throw Refusal("the referenced data " + inQuotes(data->text) + " refers to itself");
        data = &it->second;
    }
    return data;
}

}  // namespace bireme::uff_import
