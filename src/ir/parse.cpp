// SPDX-License-Identifier: Apache-2.0
#include "ir/parse.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/attributes.h"
#include "ir/verify.h"
#include "tensor/convert.h"

#include <cctype>
#include <cstdlib>
#include <cstring>

namespace bireme::ir {

namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::vector<Graph> all() {
        std::vector<Graph> graphs;
        while (skip(), at_ < text_.size()) graphs.push_back(graph());
        return graphs;
    }

private:
    [[noreturn]] void bad(const std::string& why) {
        size_t line = 1;
        for (size_t i = 0; i < at_ && i < text_.size(); ++i) line += text_[i] == '\n';
        failInvalid(cat("graph text, line ", line, ": ", why));
    }
    void skip() {
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(text_[at_])))
                ++at_;
            else if (text_[at_] == '#' && (at_ == 0 || lineStart(at_)))
                endOfLine();
            else
                break;
        }
    }
    bool lineStart(size_t p) const {
        while (p > 0 && (text_[p - 1] == ' ' || text_[p - 1] == '\t')) --p;
        return p == 0 || text_[p - 1] == '\n';
    }
    void endOfLine() {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    }
    bool peek(char c) {
        skip();
        return at_ < text_.size() && text_[at_] == c;
    }
    bool take(char c) {
        if (!peek(c)) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!take(c)) bad(cat("expected '", c, "'"));
    }
    std::string word() {
        skip();
        size_t begin = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
            ++at_;
        if (begin == at_) bad("expected a word");
        return std::string(text_.substr(begin, at_ - begin));
    }
    std::string valueName() {
        expect('%');
        size_t begin = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                      std::strchr("_./:-+$#", text_[at_]))) {
            if (text_[at_] == ':' && at_ + 1 < text_.size() && text_[at_ + 1] == ' ') break;
            ++at_;
        }
        return std::string(text_.substr(begin, at_ - begin));
    }
    void expectArrow() {
        expect('-');
        expect('>');
    }
    std::string untilAny(
        const char* stops) {  // text up to a stop character outside brackets and quotes
        size_t begin = at_;
        int depth = 0;
        bool quoted = false;
        for (; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (quoted)
                quoted = c != '"' || text_[at_ - 1] == '\\';
            else if (c == '"')
                quoted = true;
            else if (depth == 0 && std::strchr(stops, c))
                break;
            else if (c == '[' || c == '(' || c == '{')
                ++depth;
            else if (c == ']' || c == ')' || c == '}')
                --depth;
        }
        return std::string(trim(text_.substr(begin, at_ - begin)));
    }

    TensorDesc desc() {
        TensorDesc d;
        std::string type = word();
        int64_t value;
        if (!enumValue(type, enumNames(DataType{}), value))
            bad(cat("unknown data type \"", type, "\""));
        d.type = static_cast<DataType>(value);
        expect('[');
        while (!take(']')) {
            d.dims.push_back(Dim::parse(untilAny(",]")));
            take(',');
        }
        if (at_ < text_.size() && text_[at_] == '{') {
            ++at_;
            d.format = Format::parse(untilAny("}"));
            expect('}');
        }
        if (at_ < text_.size() && text_[at_] == '@') {
            ++at_;
            if (word() != "host") bad("expected @host");
            d.place = Place::host();
        }
        return d;
    }

    Graph graph() {
        if (++depth_ > 30) bad("graphs nest too deep");
        if (word() != "graph") bad("expected \"graph\"");
        Graph g;
        g.name = word();
        std::map<std::string, ValueId> names;
        expect('(');
        while (!take(')')) {
            std::string name = valueName();
            expect(':');
            ValueId v = g.addInput(name, desc());
            if (!names.emplace(name, v).second) bad(cat("%", name, " is defined twice"));
            take(',');
        }
        inputSymbols(g);
        expectArrow();
        expect('(');
        std::vector<std::string> outputs;
        while (!take(')')) {
            outputs.push_back(valueName());
            take(',');
        }
        expect('{');
        while (!take('}')) statement(g, names);
        for (const auto& name : outputs) g.markOutput(find(names, name));
        --depth_;
        return g;
    }

    static void inputSymbols(Graph& g) {
        for (ValueId v : g.inputs()) {
            const auto& dims = g.value(v).desc.dims;
            for (size_t i = 0; i < dims.size(); ++i)
                if (dims[i].isSymbol())
                    g.symbols.try_emplace(
                        dims[i].text(),
                        SymbolInfo{
                            SymbolSource::inputExtent, v, static_cast<int>(i), {0, INT64_MAX}});
        }
    }

    ValueId find(const std::map<std::string, ValueId>& names, const std::string& name) {
        auto it = names.find(name);
        if (it == names.end()) bad(cat("%", name, " is not defined"));
        return it->second;
    }

    void statement(Graph& g, std::map<std::string, ValueId>& names) {
        if (!peek('%')) {
            std::string w = word();
            if (w != "symbol") return node(g, names, {}, w);
            symbol(g);
            return;
        }
        std::vector<std::string> results;
        do results.push_back(valueName());
        while (take(','));
        expect('=');
        std::string op = word();
        if (op == "const") return constant(g, names, results.at(0));
        node(g, names, results, op);
    }

    void symbol(Graph& g) {
        skip();
        size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '=') ++at_;
        std::string name(text_.substr(begin, at_ - begin));
        expect('=');
        skip();
        begin = at_;
        endOfLine();
        std::string range(trim(text_.substr(begin, at_ - begin)));
        size_t dots = range.find("..");
        if (dots == std::string::npos) bad("expected min..max");
        SymbolInfo& info = g.symbols[name];
        info.range.min = std::atoll(range.c_str());
        info.range.max = dots + 2 < range.size() ? std::atoll(range.c_str() + dots + 2) : INT64_MAX;
    }

    void constant(Graph& g, std::map<std::string, ValueId>& names, const std::string& name) {
        TensorDesc d = desc();
        if (!allStatic(d.dims)) bad("a constant needs numbers for dims");
        int64_t n = volume(d.dims).value();
        if (n < 0 || n > (int64_t(1) << 28)) bad("constant is too large for text");
        std::vector<double> v(static_cast<size_t>(n));
        if (take('{')) {
            for (auto& x : v) x = number(), take(',');
            expect('}');
        } else {
            std::string how = word();
            expect('(');
            if (how == "splat") {
                double x = number();
                for (auto& e : v) e = x;
            } else if (how == "random") {
                random(v);
            } else {
                bad(cat("the bytes of constant %", name, " are not in the text"));
            }
            expect(')');
        }
        std::vector<uint8_t> bytes(bytesFor(d.type, n));
        convertElements(DataType::kDOUBLE, v.data(), d.type, bytes.data(), n);
        if (!names.emplace(name, g.addConstant(name, d, Blob::own(std::move(bytes)))).second)
            bad(cat("%", name, " is defined twice"));
    }

    void random(std::vector<double>& v) {
        auto state = static_cast<uint64_t>(number());
        double low = take(',') ? number() : -1, high = take(',') ? number() : 1;
        for (auto& x : v) {  // splitmix64
            uint64_t z = state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            x = static_cast<float>(low + (high - low) * static_cast<double>((z ^ (z >> 31)) >> 11) *
                                             0x1.0p-53);
        }
    }

    double number() {
        skip();
        std::string rest(text_.substr(at_, 64));
        char* end;
        double x = std::strtod(rest.c_str(), &end);
        if (end == rest.c_str()) bad("expected a number");
        at_ += static_cast<size_t>(end - rest.c_str());
        return x;
    }

    void node(Graph& g, std::map<std::string, ValueId>& names,
              const std::vector<std::string>& results, const std::string& opName) {
        const OpDef* def = OpRegistry::global().find(opName);
        if (!def) bad(cat("unknown op \"", opName, "\""));
        Op op(*def);
        std::vector<ValueId> inputs;
        expect('(');
        while (!take(')')) {
            if (take('_'))
                inputs.push_back(kNoValue);
            else
                inputs.push_back(find(names, valueName()));
            take(',');
        }
        while (!inputs.empty() && inputs.back() == kNoValue) inputs.pop_back();
        std::vector<Graph> bodies;
        if (take('{')) {
            while (!take('}')) {
                std::string name = word();
                expect('=');
                skip();
                setAttribute(op, name, untilAny(",}"));
                take(',');
            }
        }
        if (take('[')) {
            while (!take(']')) {
                bodies.push_back(graph());
                take(',');
            }
        }
        if (take(':')) endOfLine();
        NodeId id = g.addNode(std::move(op), std::move(inputs), static_cast<int>(results.size()),
                              results.empty() ? opName : results[0]);
        g.node(id).bodies = std::move(bodies);
        g.node(id).origins = {g.node(id).name};
        for (size_t i = 0; i < results.size(); ++i) {
            ValueId v = g.node(id).outputs[i];
            g.value(v).name = results[i];
            if (!names.emplace(results[i], v).second)
                bad(cat("%", results[i], " is defined twice"));
        }
        inferNode(g, id);
    }

    std::string_view text_;
    size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

std::vector<Graph> parseAll(std::string_view text) { return Reader(text).all(); }

Graph parse(std::string_view text) {
    auto graphs = parseAll(text);
    if (graphs.size() != 1) failInvalid(cat("expected one graph, the text holds ", graphs.size()));
    return std::move(graphs[0]);
}

}  // namespace bireme::ir
