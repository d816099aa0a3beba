// SPDX-License-Identifier: Apache-2.0
// Zero-copy reading of protobuf's wire form: views into the caller's bytes, every fault one error.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/protobuf/limits.h"

namespace bireme::protobuf {

/// One field of one message: its number on the wire and its name for messages to people.
struct Field {
    uint32_t number;
    const char* name;
};

/// The bytes are not the message they claim to be. The text names field, offset and fault.
class Malformed : public std::runtime_error {
public:
    explicit Malformed(const std::string& what) : std::runtime_error(what) {}
};

/// Copies of texts, side by side; they stay put while the object lives.
class Texts {
public:
    std::string_view keep(std::string_view text);

private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* at_ = nullptr;
    size_t left_ = 0;
};

/// Shared by all readers of one file: counts what was opened against the limits.
class Document {
public:
    /// `texts`: where Reader::text() puts copies; null: it gives views into `bytes`.
    explicit Document(std::string_view bytes, Limits limits = {}, Texts* texts = nullptr)
        : bytes_(bytes), limits_(limits), texts_(texts) {}

    std::string_view bytes() const { return bytes_; }
    Texts* texts() const { return texts_; }
    const Limits& limits() const { return limits_; }
    void countMessage();
    void countElements(int64_t n);

private:
    std::string_view bytes_;
    Limits limits_;
    Texts* texts_;
    int64_t messages_ = 0;
    int64_t elements_ = 0;
};

/// Walks the fields of one message. Usage: `while (r.next()) switch (r.number()) { ... }`;
/// a field that no accessor takes is skipped by the following next().
class Reader {
public:
    explicit Reader(Document& document);

    bool next();
    uint32_t number() const { return number_; }
    bool isLengthDelimited() const { return wire_ == Wire::kBytes; }

    int64_t integer(const Field& field);         ///< varint, any signed or unsigned type
    int32_t integer32(const Field& field);       ///< varint that must fit 32 bits
    float real(const Field& field);              ///< fixed 32 bit
    std::string_view bytes(const Field& field);  ///< bytes or string, a view into the file
    /// Bytes that hold no NUL and are not too long; where the document keeps texts, a copy.
    std::string_view text(const Field& field);
    Reader message(const Field& field);  ///< a nested message

    /// Repeated numbers, packed or not; appended to `out`.
    void integers(const Field& field, std::vector<int64_t>& out);
    void reals(const Field& field, std::vector<float>& out);
    void doubles(const Field& field, std::vector<double>& out);

private:
    enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

    Reader(Document& document, std::string_view bytes, int depth);
    [[noreturn]] void fail(const char* field, const char* fault) const;
    void expect(const Field& field, Wire wire);
    uint64_t varint(const char* field);
    std::string_view take(const char* field, uint64_t size);
    template <class T>
    void fixed(const Field& field, Wire single, std::vector<T>& out);
    void skip();

    Document* document_;
    const char* at_;
    const char* end_;
    int depth_;
    uint32_t number_ = 0;
    Wire wire_ = Wire::kVarint;
    bool pending_ = false;
};

}  // namespace bireme::protobuf
