// SPDX-License-Identifier: Apache-2.0
#include "ir/attributes.h"

#include "base/status.h"
#include "base/text.h"

#include <cstdlib>

namespace bireme::ir {

namespace {

enum class Wire : uint8_t { integer = 1, real = 2, string = 3, integers = 4, reals = 5 };

// One attribute as a tagged union; all other visitors work on lists of these.
struct Item {
    int tag;
    std::string name;
    Wire wire;
    bool isBool = false;
    EnumNames names;
    int64_t i = 0;
    double d = 0;
    std::string s;
    std::vector<int64_t> is;
    std::vector<float> fs;
    bool sameValue(const Item& o) const {
        return i == o.i && d == o.d && s == o.s && is == o.is && fs == o.fs;
    }
};

class Collect final : public FieldVisitor {
public:
    std::vector<Item> items;

private:
    Item& add(int tag, const char* name, Wire w) {
        items.push_back({});
        items.back().tag = tag, items.back().name = name, items.back().wire = w;
        return items.back();
    }
    void onBool(int tag, const char* name, bool& v) override {
        Item& x = add(tag, name, Wire::integer);
        x.isBool = true, x.i = v;
    }
    void onInt(int tag, const char* name, int64_t& v) override {
        add(tag, name, Wire::integer).i = v;
    }
    void onFloat(int tag, const char* name, double& v) override {
        add(tag, name, Wire::real).d = v;
    }
    void onEnum(int tag, const char* name, int64_t& v, EnumNames names) override {
        Item& x = add(tag, name, Wire::integer);
        x.i = v, x.names = names;
    }
    void onString(int tag, const char* name, std::string& v) override {
        add(tag, name, Wire::string).s = v;
    }
    void onInts(int tag, const char* name, std::vector<int64_t>& v) override {
        add(tag, name, Wire::integers).is = v;
    }
    void onFloats(int tag, const char* name, std::vector<float>& v) override {
        add(tag, name, Wire::reals).fs = v;
    }
};

// Writes one item back into the struct.
class Assign final : public FieldVisitor {
public:
    explicit Assign(const Item& item) : item_(item) {}

private:
    void onBool(int tag, const char*, bool& v) override {
        if (tag == item_.tag) v = item_.i != 0;
    }
    void onInt(int tag, const char*, int64_t& v) override {
        if (tag == item_.tag) v = item_.i;
    }
    void onFloat(int tag, const char*, double& v) override {
        if (tag == item_.tag) v = item_.d;
    }
    void onEnum(int tag, const char*, int64_t& v, EnumNames) override {
        if (tag == item_.tag) v = item_.i;
    }
    void onString(int tag, const char*, std::string& v) override {
        if (tag == item_.tag) v = item_.s;
    }
    void onInts(int tag, const char*, std::vector<int64_t>& v) override {
        if (tag == item_.tag) v = item_.is;
    }
    void onFloats(int tag, const char*, std::vector<float>& v) override {
        if (tag == item_.tag) v = item_.fs;
    }
    const Item& item_;
};

std::vector<Item> collect(const Op& op) {
    Collect c;
    op.visit(c);
    return std::move(c.items);
}

std::vector<Item> changed(const Op& op) {
    auto items = collect(op), defaults = collect(Op(op.def()));
    std::vector<Item> out;
    for (size_t k = 0; k < items.size(); ++k)
        if (!items[k].sameValue(defaults[k])) out.push_back(std::move(items[k]));
    return out;
}

template <typename T>
std::string listText(const std::vector<T>& v) {
    std::string s = "[";
    for (size_t k = 0; k < v.size(); ++k) s += (k ? "," : "") + cat(v[k]);
    return s + "]";
}

std::string valueText(const Item& x, bool json) {
    std::string quote = json ? "\"" : "";
    switch (x.wire) {
        case Wire::integer:
            if (x.isBool) return x.i ? "true" : "false";
            if (!x.names.empty()) {
                std::string n = enumName(x.i, x.names);
                return n.empty() ? std::to_string(x.i) : quote + n + quote;
            }
            return std::to_string(x.i);
        case Wire::real: {
            std::string t = cat(x.d);
            return json && t.find_first_of("in") != std::string::npos ? "\"" + t + "\""
                                                                      : t;  // inf, nan
        }
        case Wire::string: {
            std::string out = "\"";
            for (char c : x.s) {
                if (c == '"' || c == '\\') out += '\\';
                out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
            }
            return out + "\"";
        }
        case Wire::integers: return listText(x.is);
        case Wire::reals: return listText(x.fs);
    }
    return {};
}

void parseValue(Item& x, const std::string& text, const std::string& where) {
    auto bad = [&] { failInvalid(cat(where, ": cannot read \"", text, "\"")); };
    auto integer = [&](const std::string& t) {
        char* end;
        int64_t v = std::strtoll(t.c_str(), &end, 10);
        if (t.empty() || *end) bad();
        return v;
    };
    auto real = [&](const std::string& t) {
        char* end;
        double v = std::strtod(t.c_str(), &end);
        if (t.empty() || *end) bad();
        return v;
    };
    auto list = [&] {
        if (text.size() < 2 || text.front() != '[' || text.back() != ']') bad();
        std::string inner(trim(std::string_view(text).substr(1, text.size() - 2)));
        std::vector<std::string> parts;
        if (!inner.empty())
            for (auto& p : split(inner, ',')) parts.emplace_back(trim(p));
        return parts;
    };
    switch (x.wire) {
        case Wire::integer:
            if (x.isBool && (text == "true" || text == "false"))
                x.i = text == "true";
            else if (x.names.empty() || !enumValue(text, x.names, x.i))
                x.i = integer(text);
            break;
        case Wire::real: x.d = real(text); break;
        case Wire::string:
            x.s.clear();
            for (size_t k = text.size() >= 2 && text[0] == '"' ? 1 : 0; k < text.size(); ++k) {
                if (text[k] == '\\' && k + 1 < text.size())
                    ++k;
                else if (text[k] == '"')
                    break;
                x.s += text[k];
            }
            break;
        case Wire::integers:
            x.is.clear();
            for (auto& p : list()) x.is.push_back(integer(p));
            break;
        case Wire::reals:
            x.fs.clear();
            for (auto& p : list()) x.fs.push_back(static_cast<float>(real(p)));
            break;
    }
}

uint64_t zigzag(int64_t v) {
    return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

}  // namespace

std::vector<uint8_t> attributeBytes(const Op& op) {
    ByteWriter w;
    auto items = changed(op);
    w.varint(items.size());
    for (const auto& x : items) {
        w.varint(static_cast<uint64_t>(x.tag));
        w.put(x.wire);
        switch (x.wire) {
            case Wire::integer: w.varint(zigzag(x.i)); break;
            case Wire::real: w.put(x.d); break;
            case Wire::string: w.string(x.s); break;
            case Wire::integers:
                w.varint(x.is.size());
                for (auto v : x.is) w.varint(zigzag(v));
                break;
            case Wire::reals:
                w.varint(x.fs.size());
                for (auto v : x.fs) w.put(v);
                break;
        }
    }
    return w.take();
}

void readAttributes(Op& op, ByteReader& r) {
    auto known = collect(op);
    for (size_t n = r.count(2); n > 0; --n) {
        auto tag = static_cast<int>(r.varint());
        auto wire = r.get<Wire>();
        Item* x = nullptr;
        for (auto& k : known)
            if (k.tag == tag) x = &k;
        if (!x || x->wire != wire)
            r.corrupt(cat("op \"", op.name(), "\" has no attribute ", tag, " of this kind"));
        switch (wire) {
            case Wire::integer: x->i = unzigzag(r.varint()); break;
            case Wire::real: x->d = r.get<double>(); break;
            case Wire::string: x->s = r.string(); break;
            case Wire::integers:
                x->is.resize(r.count());
                for (auto& v : x->is) v = unzigzag(r.varint());
                break;
            case Wire::reals:
                x->fs.resize(r.count(4));
                for (auto& v : x->fs) v = r.get<float>();
                break;
        }
        Assign a(*x);
        op.visit(a);
    }
}

std::string attributeText(const Op& op) {
    std::string s;
    for (const auto& x : changed(op))
        s += (s.empty() ? "" : ", ") + x.name + "=" + valueText(x, false);
    return s;
}

std::string attributeJson(const Op& op) {
    std::string s = "{";
    for (const auto& x : collect(op))
        s += (s.size() > 1 ? ", \"" : "\"") + x.name + "\": " + valueText(x, true);
    return s + "}";
}

void setAttribute(Op& op, const std::string& name, const std::string& value) {
    std::vector<std::string> names;
    for (auto& x : collect(op)) {
        names.push_back(x.name);
        if (x.name != name) continue;
        parseValue(x, value, cat("attribute \"", name, "\" of ", op.name()));
        Assign a(x);
        op.visit(a);
        return;
    }
    std::string hint = nearest(name, names);
    failInvalid(cat(op.name(), " has no attribute \"", name, "\"",
                    hint.empty() ? "" : "; did you mean \"" + hint + "\"?"));
}

std::vector<std::string> attributeNames(const Op& op) {
    std::vector<std::string> names;
    for (auto& x : collect(op)) names.push_back(x.name);
    return names;
}

std::vector<AttributeDoc> attributeDocs(const OpDef& def) {
    std::vector<AttributeDoc> docs;
    for (const auto& x : collect(Op(def))) {
        static const char* const types[] = {"", "int", "float", "string", "ints", "floats"};
        std::string type = x.isBool           ? "bool"
                           : !x.names.empty() ? "enum"
                                              : types[static_cast<int>(x.wire)];
        docs.push_back({x.tag, x.name, type, valueText(x, false)});
    }
    return docs;
}

}  // namespace bireme::ir
