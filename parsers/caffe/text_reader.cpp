// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/text_reader.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

#include "parsers/caffe/refusal.h"

namespace bireme::caffe_import {

namespace {

constexpr int kMostDepth = 64;
constexpr size_t kMostText = 4095;  // names travel through an API with this bound

bool isWord(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '+' || c == '-';
}

/// A word, a text in quotes, a sign, or the end.
struct Token {
    enum class Type { kWord, kText, kSign, kEnd } type = Type::kEnd;
    std::string text;
    int line = 1;

    bool is(char sign) const { return type == Type::kSign && text[0] == sign; }
    std::string shown() const {
        return type == Type::kEnd    ? "the end of the file"
               : type == Type::kText ? "a text"
                                     : "\"" + text.substr(0, 40) + "\"";
    }
};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) { advance(); }

    const Token& now() const { return now_; }
    Token take() {
        Token t = now_;
        advance();
        return t;
    }
    bool skip(char sign) {
        if (!now_.is(sign)) return false;
        advance();
        return true;
    }

private:
    void advance() {
        skipBlank();
        now_ = {Token::Type::kEnd, {}, line_};
        if (at_ >= text_.size()) return;
        const char c = text_[at_];
        if (c == '"' || c == '\'') {
            now_.type = Token::Type::kText;
            readQuoted();
        } else if (isWord(c)) {
            const size_t first = at_;
            while (at_ < text_.size() && isWord(text_[at_])) ++at_;
            now_.type = Token::Type::kWord;
            now_.text = text_.substr(first, at_ - first);
        } else {
            now_.type = Token::Type::kSign;
            now_.text = c;
            ++at_;
        }
    }

    void skipBlank() {
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
                if (at_ >= text_.size()) return;
                ++line_;
            } else if (c == '\n') {
                ++line_;
            } else if (c != ' ' && c != '\t' && c != '\r' && c != '\f' && c != '\v') {
                return;
            }
        }
    }

    void readQuoted() {
        const char quote = text_[at_++];
        for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (text_[at_] == '\n') break;
            now_.text += text_[at_] == '\\' ? escape() : text_[at_];
        }
        if (at_ >= text_.size() || text_[at_] != quote)
            throw Refusal("line " + std::to_string(line_) + ": a text in quotes does not end");
        ++at_;
    }

    char escape() {
        ++at_;
        const char c = at_ < text_.size() ? text_[at_] : '\0';
        switch (c) {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'x': return number(at_ + 1, 2, 16);
            default: break;
        }
        return c >= '0' && c <= '7' ? number(at_, 3, 8) : c;
    }

    /// Up to `most` digits; leaves the position on the last one.
    char number(size_t first, size_t most, int base) {
        const std::string digits(text_.substr(std::min(first, text_.size()), most));
        char* end = nullptr;
        const long value = std::strtol(digits.c_str(), &end, base);
        at_ = first + static_cast<size_t>(end - digits.c_str()) - 1;
        return static_cast<char>(value);
    }

    std::string_view text_;
    size_t at_ = 0;
    int line_ = 1;
    Token now_;
};

class TextReader {
public:
    TextReader(std::string_view text, std::vector<std::string>& warnings)
        : lexer_(text), warnings_(warnings) {}

    void readFields(Message& m, char close, int depth) {
        if (depth > kMostDepth) fail("messages are nested too deeply");
        while (true) {
            while (lexer_.skip(',') || lexer_.skip(';')) {
            }
            const Token name = lexer_.take();
            if (close == 0 ? name.type == Token::Type::kEnd : name.is(close)) return;
            if (name.type != Token::Type::kWord)
                fail("expected the name of a field of " + m.type().name + ", found " + name.shown(),
                     name.line);
            const FieldType* field = m.type().find(name.text);
            if (field == nullptr) {
                warn(name, m.type());
                skipField(depth);
            } else {
                readField(m, *field, depth);
            }
        }
    }

private:
    [[noreturn]] void fail(const std::string& why, int line = 0) const {
        throw Refusal("line " + std::to_string(line > 0 ? line : lexer_.now().line) + ": " + why);
    }

    void warn(const Token& name, const MessageType& type) {
        const std::string field = type.name + "." + name.text.substr(0, 80);
        if (warned_.insert(field).second && warned_.size() < 100)
            warnings_.push_back("line " + std::to_string(name.line) + ": " + field +
                                " is unknown and ignored");
    }

    void readField(Message& m, const FieldType& field, int depth) {
        const bool colon = lexer_.skip(':');
        if (!field.repeated && m.has(field.name)) fail(field.qualified + " is set twice");
        if (lexer_.now().is('[')) {
            if (!field.repeated) fail(field.qualified + " is not a list");
            lexer_.take();
            while (!lexer_.skip(']')) {
                readValue(m, field, depth);
                if (!lexer_.skip(',') && !lexer_.now().is(']')) fail("expected , or ] in a list");
            }
            return;
        }
        if (!colon && field.kind != Kind::kMESSAGE)
            fail("expected : after " + field.qualified + ", found " + lexer_.now().shown());
        readValue(m, field, depth);
    }

    void readValue(Message& m, const FieldType& field, int depth) {
        const Token token = lexer_.take();
        if (field.kind == Kind::kMESSAGE) {
            if (!token.is('{') && !token.is('<'))
                fail(field.qualified + " is a message: expected {, found " + token.shown(),
                     token.line);
            Message& inner = m.addMessage(field);
            inner.line = token.line;
            readFields(inner, token.is('{') ? '}' : '>', depth + 1);
        } else if (field.kind == Kind::kTEXT) {
            readString(m, field, token);
        } else {
            if (token.type != Token::Type::kWord)
                fail("expected a value of " + field.qualified + ", found " + token.shown(),
                     token.line);
            if (field.kind == Kind::kREAL)
                m.add(field, real(token, field));
            else
                m.add(field, integral(token, field));
        }
    }

    void readString(Message& m, const FieldType& field, const Token& first) {
        if (first.type != Token::Type::kText)
            fail(field.qualified + " is a text: expected quotes, found " + first.shown(),
                 first.line);
        std::string text = first.text;
        while (lexer_.now().type == Token::Type::kText) text += lexer_.take().text;
        if (text.size() > kMostText) fail(field.qualified + " is longer than 4095 bytes");
        if (text.find('\0') != std::string::npos) fail(field.qualified + " contains a zero byte");
        m.add(field, std::move(text));
    }

    double real(const Token& token, const FieldType& field) const {
        std::string t = token.text;
        if (t.size() > 1 && (t.back() == 'f' || t.back() == 'F') && t.find("in") == t.npos)
            t.pop_back();
        char* end = nullptr;
        const double value = std::strtod(t.c_str(), &end);
        if (end == t.c_str() || *end != 0)
            fail("the value of " + field.qualified + " is a number, not " + token.shown(),
                 token.line);
        return static_cast<double>(static_cast<float>(value));
    }

    int64_t integral(const Token& token, const FieldType& field) const {
        const std::string& t = token.text;
        if (field.kind == Kind::kBOOL) {
            if (t == "true" || t == "True" || t == "t" || t == "1") return 1;
            if (t == "false" || t == "False" || t == "f" || t == "0") return 0;
            fail("the value of " + field.qualified + " is true or false, not " + token.shown(),
                 token.line);
        }
        for (const auto& [name, value] : field.choices)
            if (name == t) return value;
        char* end = nullptr;
        errno = 0;
        const long long value = std::strtoll(t.c_str(), &end, 0);
        if (end == t.c_str() || *end != 0 || errno != 0)
            fail("the value of " + field.qualified + " is " + expected(field) + ", not " +
                     token.shown(),
                 token.line);
        if (field.kind == Kind::kINT && (value > std::numeric_limits<uint32_t>::max() ||
                                         value < std::numeric_limits<int32_t>::min()))
            fail("the value " + t + " of " + field.qualified + " does not fit 32 bits", token.line);
        return value;
    }

    static std::string expected(const FieldType& field) {
        if (field.kind != Kind::kENUM) return "an integer";
        std::string out = "one of";
        for (const auto& [name, value] : field.choices) out += " " + name;
        return out;
    }

    /// The value of an unknown field: a word, a text, a list or a message.
    void skipField(int depth) {
        const bool colon = lexer_.skip(':');
        if (!colon && !lexer_.now().is('{') && !lexer_.now().is('<'))
            fail("expected : or {, found " + lexer_.now().shown());
        skipValue(depth);
    }

    void skipValue(int depth) {
        if (depth > kMostDepth) fail("messages are nested too deeply");
        const Token token = lexer_.take();
        if (token.is('{') || token.is('<')) {
            const char close = token.is('{') ? '}' : '>';
            while (!lexer_.skip(close)) {
                if (lexer_.skip(',') || lexer_.skip(';')) continue;
                if (lexer_.take().type != Token::Type::kWord)
                    fail("expected the name of a field", token.line);
                skipField(depth + 1);
            }
        } else if (token.is('[')) {
            while (!lexer_.skip(']')) {
                skipValue(depth + 1);
                lexer_.skip(',');
            }
        } else if (token.type == Token::Type::kText) {
            while (lexer_.now().type == Token::Type::kText) lexer_.take();
        } else if (token.type != Token::Type::kWord) {
            fail("expected a value, found " + token.shown(), token.line);
        }
    }

    Lexer lexer_;
    std::vector<std::string>& warnings_;
    std::set<std::string> warned_;
};

}  // namespace

Message readText(std::string_view text, const MessageType& type,
                 std::vector<std::string>& warnings) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Message root(type);
    root.line = 1;
    TextReader(text, warnings).readFields(root, 0, 0);
    return root;
}

}  // namespace bireme::caffe_import
