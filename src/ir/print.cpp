// SPDX-License-Identifier: Apache-2.0
#include "ir/print.h"

#include "base/hash.h"
#include "base/text.h"
#include "ir/attributes.h"
#include "tensor/convert.h"

#include <cctype>
#include <cmath>
#include <cstring>
#include <set>

namespace bireme::ir {

namespace {

class Printer {
public:
    Printer(const Graph& g, const PrintOptions& o, int indent) : g_(g), o_(o), indent_(indent) {}

    std::string run() {
        out_ = "graph " + (o_.names ? g_.name : "g") + "(";
        for (size_t i = 0; i < g_.inputs().size(); ++i)
            out_ +=
                cat(i ? ", " : "", ref(g_.inputs()[i]), ": ", g_.value(g_.inputs()[i]).desc.text());
        out_ += ") -> (";
        auto order = g_.order();
        if (!o_.names)  // number values in order of definition, so that equal structures print
                        // equally
            for (NodeId n : order)
                for (ValueId v : g_.node(n).inputs)
                    if (v != kNoValue) ref(v);
        for (size_t i = 0; i < g_.outputs().size(); ++i)
            out_ += cat(i ? ", " : "", ref(g_.outputs()[i]));
        out_ += ") {\n";
        if (o_.names) symbols();
        std::set<ValueId> printed;
        for (NodeId n : order) {
            for (ValueId v : g_.node(n).inputs)
                if (g_.isConstant(v) && g_.producer(v) == nullptr && !g_.isInput(v) &&
                    printed.insert(v).second)
                    constant(v);
            node(g_.node(n));
        }
        for (ValueId v : g_.outputs())
            if (g_.isConstant(v) && !g_.producer(v) && printed.insert(v).second) constant(v);
        return out_ + pad(indent_) + "}";
    }

private:
    static std::string pad(int n) { return std::string(static_cast<size_t>(n) * 2, ' '); }

    void symbols() {
        for (const auto& [name, info] : g_.symbols) {
            bool bounded = info.range.max != INT64_MAX;
            out_ += cat(pad(indent_ + 1), "symbol ", name, " = ", info.range.min, "..",
                        bounded ? cat(info.range.max) : "", "\n");
        }
    }

    std::string ref(ValueId v) {
        if (v == kNoValue) return "_";
        auto [it, fresh] = names_.try_emplace(v);
        if (!fresh) return it->second;
        if (!o_.names) return it->second = cat("%", names_.size() - 1);
        std::string s = "%";
        for (char c : g_.value(v).name)
            s += std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_./:-+$", c) ? c : '_';
        if (s == "%" || !used_.insert(s).second) used_.insert(s = cat(s, "#", v));
        return it->second = s;
    }

    void constant(ValueId v) {
        const Value& value = g_.value(v);
        out_ += cat(pad(indent_ + 1), ref(v), " = const ", value.desc.text(), " ", elements(value),
                    "\n");
    }

    std::string elements(const Value& v) {
        int64_t n = volume(v.desc.dims).value();
        size_t size = static_cast<size_t>(bits(v.desc.type)) / 8;
        bool splat = n > 1 && size > 0;
        for (int64_t i = 1; splat && i < n; ++i)
            splat = std::memcmp(v.constant.data(),
                                v.constant.data() + static_cast<size_t>(i) * size, size) == 0;
        if (!splat && n > 16)
            return o_.names ? "hash(" + hash128(v.constant.data(), v.constant.size()).hex() + ")"
                            : "...";
        int64_t shown = splat ? 1 : n;
        std::string s;
        if (isReal(v.desc.type)) {
            std::vector<double> d(static_cast<size_t>(shown));
            convertElements(v.desc.type, v.constant.data(), DataType::kDOUBLE, d.data(), shown);
            for (size_t i = 0; i < d.size(); ++i) s += (i ? ", " : "") + cat(d[i]);
        } else {
            std::vector<int64_t> d(static_cast<size_t>(shown));
            convertElements(v.desc.type, v.constant.data(), DataType::kINT64, d.data(), shown);
            for (size_t i = 0; i < d.size(); ++i) s += (i ? ", " : "") + cat(d[i]);
        }
        return splat ? "splat(" + s + ")" : "{" + s + "}";
    }

    void node(const Node& n) {
        std::string line = pad(indent_ + 1);
        for (size_t i = 0; i < n.outputs.size(); ++i) line += (i ? ", " : "") + ref(n.outputs[i]);
        line += cat(n.outputs.empty() ? "" : " = ", n.op.name(), "(");
        for (size_t i = 0; i < n.inputs.size(); ++i) line += (i ? ", " : "") + ref(n.inputs[i]);
        line += ")";
        std::string attributes = attributeText(n.op);
        if (!attributes.empty()) line += " {" + attributes + "}";
        if (!n.bodies.empty()) {
            line += " [";
            for (size_t i = 0; i < n.bodies.size(); ++i)
                line += (i ? ", " : "") + Printer(n.bodies[i], o_, indent_ + 1).run();
            line += "]";
        }
        if (o_.types && !n.outputs.empty()) {
            line += "  : ";
            for (size_t i = 0; i < n.outputs.size(); ++i)
                line += (i ? ", " : "") + g_.value(n.outputs[i]).desc.text();
        }
        out_ += line + "\n";
    }

    const Graph& g_;
    PrintOptions o_;
    int indent_;
    std::string out_;
    std::map<ValueId, std::string> names_;
    std::set<std::string> used_;
};

}  // namespace

std::string print(const Graph& graph, const PrintOptions& options) {
    return Printer(graph, options, 0).run() + "\n";
}
std::string print(const Graph& graph) { return print(graph, {}); }

}  // namespace bireme::ir
