// SPDX-License-Identifier: Apache-2.0
#include "parsers/protobuf/wire.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace bireme::protobuf {

namespace {
constexpr size_t kMaxText = 4095;  // names travel through an API with this bound
constexpr size_t kTextBlock = size_t{16} << 10;
}  // namespace

std::string_view Texts::keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) {
        const size_t size = std::max(kTextBlock, text.size());
        at_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(size)).get();
        left_ = size;
    }
    char* const out = at_;
    std::memcpy(out, text.data(), text.size());
    at_ += text.size();
    left_ -= text.size();
    return {out, text.size()};
}

void Document::countMessage() {
    if (++messages_ > limits_.maxMessages) {
        throw Malformed("the file nests more than " + std::to_string(limits_.maxMessages) +
                        " messages");
    }
}

void Document::countElements(int64_t n) {
    elements_ += n;
    if (elements_ > limits_.maxElements) {
        throw Malformed("the file holds more than " + std::to_string(limits_.maxElements) +
                        " numbers in packed fields");
    }
}

Reader::Reader(Document& document) : Reader(document, document.bytes(), 0) {}

Reader::Reader(Document& document, std::string_view bytes, int depth)
    : document_(&document), at_(bytes.data()), end_(bytes.data() + bytes.size()), depth_(depth) {
    document.countMessage();
}

void Reader::fail(const char* field, const char* fault) const {
    throw Malformed(std::string(field) + " at byte " +
                    std::to_string(at_ - document_->bytes().data()) + ": " + fault);
}

uint64_t Reader::varint(const char* field) {
    try {
        return protozero::decode_varint(&at_, end_);
    } catch (const protozero::end_of_buffer_exception&) {
        fail(field, "the data ends inside a number (file truncated?)");
    } catch (const protozero::exception&) {
        fail(field, "a number has more than ten bytes");
    }
}

std::string_view Reader::take(const char* field, uint64_t size) {
    const auto left = static_cast<uint64_t>(end_ - at_);
    if (size > left) {
        fail(field, ("needs " + std::to_string(size) + " bytes, " + std::to_string(left) +
                     " are left (file truncated?)")
                        .c_str());
    }
    const std::string_view view(at_, static_cast<size_t>(size));
    at_ += size;
    return view;
}

bool Reader::next() {
    if (pending_) skip();
    if (at_ == end_) return false;
    const uint64_t tag = varint("field tag");
    const uint64_t number = tag >> 3;
    if (number == 0 || number > (1u << 29) - 1) fail("field tag", "field number out of range");
    switch (tag & 7) {
        case 0:
        case 1:
        case 2:
        case 5: break;
        default: fail("field tag", "unknown wire type");
    }
    number_ = static_cast<uint32_t>(number);
    wire_ = static_cast<Wire>(tag & 7);
    pending_ = true;
    return true;
}

void Reader::skip() {
    pending_ = false;
    switch (wire_) {
        case Wire::kVarint: varint("unknown field"); break;
        case Wire::kFixed64: take("unknown field", 8); break;
        case Wire::kFixed32: take("unknown field", 4); break;
        case Wire::kBytes: take("unknown field", varint("unknown field")); break;
    }
}

void Reader::expect(const Field& field, Wire wire) {
    if (wire_ != wire) fail(field.name, "has the wrong wire type");
    pending_ = false;
}

int64_t Reader::integer(const Field& field) {
    expect(field, Wire::kVarint);
    return static_cast<int64_t>(varint(field.name));
}

int32_t Reader::integer32(const Field& field) {
    const int64_t value = integer(field);
    if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max())
        fail(field.name, "does not fit 32 bits");
    return static_cast<int32_t>(value);
}

float Reader::real(const Field& field) {
    expect(field, Wire::kFixed32);
    float value = 0;
    std::memcpy(&value, take(field.name, sizeof value).data(), sizeof value);
    return value;
}

std::string_view Reader::bytes(const Field& field) {
    expect(field, Wire::kBytes);
    return take(field.name, varint(field.name));
}

std::string_view Reader::text(const Field& field) {
    const std::string_view view = bytes(field);
    if (view.size() > kMaxText) fail(field.name, "is longer than 4095 bytes");
    if (view.find('\0') != std::string_view::npos) fail(field.name, "contains a zero byte");
    return document_->texts() != nullptr ? document_->texts()->keep(view) : view;
}

Reader Reader::message(const Field& field) {
    const std::string_view view = bytes(field);
    if (depth_ + 1 > document_->limits().maxDepth) fail(field.name, "is nested too deeply");
    return Reader(*document_, view, depth_ + 1);
}

void Reader::integers(const Field& field, std::vector<int64_t>& out) {
    if (wire_ != Wire::kBytes) {
        document_->countElements(1);
        out.push_back(integer(field));
        return;
    }
    const std::string_view packed = bytes(field);
    const char* const after = at_;
    const char* const end = end_;
    at_ = packed.data();
    end_ = at_ + packed.size();
    const size_t before = out.size();
    while (at_ != end_) out.push_back(static_cast<int64_t>(varint(field.name)));
    document_->countElements(static_cast<int64_t>(out.size() - before));
    at_ = after;
    end_ = end;
}

template <class T>
void Reader::fixed(const Field& field, Wire single, std::vector<T>& out) {
    std::string_view view;
    if (wire_ == Wire::kBytes) {
        view = bytes(field);
    } else {
        expect(field, single);
        view = take(field.name, sizeof(T));
    }
    if (view.size() % sizeof(T) != 0) fail(field.name, "is not a whole count of numbers");
    const size_t n = view.size() / sizeof(T);
    document_->countElements(static_cast<int64_t>(n));
    const size_t before = out.size();
    out.resize(before + n);
    if (n > 0) std::memcpy(out.data() + before, view.data(), view.size());
}

void Reader::reals(const Field& field, std::vector<float>& out) {
    fixed(field, Wire::kFixed32, out);
}

void Reader::doubles(const Field& field, std::vector<double>& out) {
    fixed(field, Wire::kFixed64, out);
}

}  // namespace bireme::protobuf
