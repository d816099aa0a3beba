// SPDX-License-Identifier: Apache-2.0
// Runs tests/data/ops/*.cases; their format is described in generate_cases.py.
#include "ir/attributes.h"
#include "ir/infer.h"
#include "ir/interpret.h"
#include "tensor/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace bireme::ir {
namespace {

struct Case {
    std::string name;
    std::vector<std::pair<std::string, std::string>> attributes;
    std::vector<std::optional<Tensor>> inputs, outputs;
    double relative = 1e-5, absolute = 1e-5;
    std::optional<std::vector<int>> symbols;
    std::string error;
};

std::filesystem::path dataFolder() {
    return std::filesystem::path(BIREME_SOURCE_DIR) / "tests/data/ops";
}

DataType typeNamed(const std::string& text) {
#define DTYPE(value, textName, bits, cls, publicName) \
    if (text == #textName) return DataType::value;
#include "tensor/dtype.def"
#undef DTYPE
    throw std::runtime_error("no data type " + text);
}

// "TYPE DIMS : VALUES" or "none".
std::optional<Tensor> parseTensor(std::istringstream& line) {
    std::string type, dims, colon, word;
    line >> type;
    if (type == "none") return std::nullopt;
    line >> dims >> colon;
    Tensor t{typeNamed(type), {}, {}};
    std::istringstream extents(dims.substr(1, dims.size() - 2));
    while (std::getline(extents, word, ',')) t.dims.push_back(std::stoll(word));
    bool real = isReal(t.type);
    std::vector<double> reals;
    std::vector<int64_t> integers;
    while (line >> word) {
        if (real)
            reals.push_back(std::strtod(word.c_str(), nullptr));
        else
            integers.push_back(static_cast<int64_t>(std::strtoull(word.c_str(), nullptr, 10)));
    }
    auto count = static_cast<size_t>(t.count());
    size_t given = real ? reals.size() : integers.size();
    if (given == 1)
        reals.resize(count, real ? reals[0] : 0), integers.resize(count, real ? 0 : integers[0]);
    else if (given != count)
        throw std::runtime_error(cat(given, " values for ", dims));
    std::vector<uint8_t> bytes(bytesFor(t.type, static_cast<int64_t>(count)) + 1);
    convertElements(real ? DataType::kDOUBLE : DataType::kINT64,
                    real ? static_cast<const void*>(reals.data()) : integers.data(), t.type,
                    bytes.data(), static_cast<int64_t>(count));
    bytes.pop_back();
    t.bytes = Blob::own(std::move(bytes));
    return t;
}

void parseLine(Case& c, const std::string& key, std::istringstream& line) {
    if (key == "attr") {
        std::string name, value;
        line >> name;
        std::getline(line >> std::ws, value);
        c.attributes.emplace_back(name, value);
    } else if (key == "in") {
        c.inputs.push_back(parseTensor(line));
    } else if (key == "out") {
        c.outputs.push_back(parseTensor(line));
    } else if (key == "tol") {
        line >> c.relative >> c.absolute;
    } else if (key == "symbols") {
        c.symbols.emplace();
        for (int i; line >> i;) c.symbols->push_back(i);
    } else if (key == "error") {
        std::getline(line >> std::ws, c.error);
    } else {
        throw std::runtime_error("unknown line " + key);
    }
}

std::vector<Case> readCases(const std::filesystem::path& path) {
    std::vector<Case> cases;
    std::ifstream file(path);
    std::string text, key;
    while (std::getline(file, text)) {
        std::istringstream line(text);
        if (!(line >> key) || key[0] == '#' || key == "end") continue;
        if (key == "case")
            line >> cases.emplace_back().name;
        else
            parseLine(cases.back(), key, line);
    }
    return cases;
}

// A node that stands alone, with made-up value ids.
Node nodeOf(const std::string& op, const Case& c) {
    Node n;
    const OpDef* def = OpRegistry::global().find(op);
    if (!def) throw std::runtime_error("no op " + op);
    n.id = 0, n.name = c.name, n.op = Op(*def), n.alive = true;
    for (const auto& [name, value] : c.attributes) setAttribute(n.op, name, value);
    for (size_t i = 0; i < c.inputs.size(); ++i)
        n.inputs.push_back(c.inputs[i] ? static_cast<int>(i) : kNoValue);
    size_t outputs = std::max<size_t>(c.outputs.size(), static_cast<size_t>(def->minOutputs));
    for (size_t i = 0; i < outputs; ++i) n.outputs.push_back(static_cast<int>(100 + i));
    return n;
}

std::vector<double> reals(const Tensor& t) {
    std::vector<double> v(static_cast<size_t>(t.count()));
    convertElements(t.type, t.bytes.data(), DataType::kDOUBLE, v.data(), t.count());
    return v;
}

std::vector<int64_t> integers(const Tensor& t) {
    std::vector<int64_t> v(static_cast<size_t>(t.count()));
    convertElements(t.type, t.bytes.data(), DataType::kINT64, v.data(), t.count());
    return v;
}

void compare(const Case& c, const Tensor& got, const Tensor& want, size_t output) {
    SCOPED_TRACE(cat("output ", output));
    EXPECT_STREQ(name(got.type), name(want.type));
    ASSERT_EQ(got.dims, want.dims);
    if (!isReal(want.type)) {
        EXPECT_EQ(integers(got), integers(want));
        return;
    }
    auto g = reals(got), w = reals(want);
    int wrong = 0;
    for (size_t i = 0; i < g.size() && wrong < 5; ++i) {
        bool same = std::isnan(w[i]) ? std::isnan(g[i])
                    : std::isinf(w[i])
                        ? g[i] == w[i]
                        : std::abs(g[i] - w[i]) <= c.absolute + c.relative * std::abs(w[i]);
        if (!same)
            ++wrong, ADD_FAILURE() << "element " << i << ": got " << g[i] << ", want " << w[i];
    }
}

InferContext::Input known(const Tensor& t) {
    InferContext::Input in{true, {t.type, toDims(t.dims), {}, {}}, &t.bytes, std::nullopt, "x"};
    bool small = !isReal(t.type) && t.count() <= static_cast<int64_t>(InferContext::kMaxKnown);
    if (small) in.known = toDims(integers(t));
    return in;
}

void checkKnownElements(const Node& n, const Case& c) {
    std::vector<InferContext::Input> inputs;
    for (const auto& t : c.inputs) inputs.push_back(t ? known(*t) : InferContext::Input{});
    InferContext context(n, std::move(inputs), std::vector<std::string>(n.outputs.size(), "y"));
    n.op.def().infer(n.op.attributes(), context);
    for (size_t i = 0; i < c.outputs.size(); ++i) {
        const auto& elements = context.output(static_cast<int>(i)).known;
        if (!elements || !c.outputs[i] || !allStatic(*elements)) continue;
        EXPECT_EQ(staticValues(*elements), integers(*c.outputs[i])) << "elements known to infer";
    }
}

bool isSymbolic(const Case& c, size_t i) {
    if (!c.inputs[i]) return false;
    if (c.symbols)
        return std::find(c.symbols->begin(), c.symbols->end(), static_cast<int>(i)) !=
               c.symbols->end();
    return !known(*c.inputs[i]).known;
}

// Every extent becomes a symbol of its own; the result, evaluated, must be the expected one.
void checkSymbolicShape(const Node& n, const Case& c) {
    std::vector<InferContext::Input> inputs;
    Dim::Values values;
    for (size_t i = 0; i < c.inputs.size(); ++i) {
        inputs.push_back(c.inputs[i] ? known(*c.inputs[i]) : InferContext::Input{});
        if (!isSymbolic(c, i)) continue;
        auto& in = inputs.back();
        in.constant = nullptr, in.known.reset();
        for (size_t k = 0; k < in.desc.dims.size(); ++k) {
            std::string symbol = cat("s", i, "_", k);
            values[symbol] = in.desc.dims[k].value();
            in.desc.dims[k] = Dim::symbol(symbol);
        }
    }
    InferContext context(n, std::move(inputs), std::vector<std::string>(n.outputs.size(), "y"));
    n.op.def().infer(n.op.attributes(), context);
    for (size_t i = 0; i < c.outputs.size(); ++i) {
        if (!c.outputs[i]) continue;
        const DimVector& dims = context.out(static_cast<int>(i)).dims;
        ASSERT_EQ(dims.size(), c.outputs[i]->dims.size()) << text(dims);
        for (size_t k = 0; k < dims.size(); ++k) {
            auto v = dims[k].eval(values);  // nothing for extents that only running tells
            EXPECT_TRUE(!v || *v == c.outputs[i]->dims[k]) << "dim " << k << ": " << dims[k].text();
        }
    }
}

void runCase(const std::string& op, const Case& c) {
    Node n = nodeOf(op, c);
    std::vector<const Tensor*> inputs;
    for (const auto& t : c.inputs) inputs.push_back(t ? &*t : nullptr);
    if (!c.error.empty()) {
        try {
            interpretNode(n, inputs);
            ADD_FAILURE() << "no error";
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find(c.error), std::string::npos) << e.what();
        }
        return;
    }
    auto outputs = interpretNode(n, inputs);
    for (size_t i = 0; i < c.outputs.size(); ++i)
        if (c.outputs[i]) compare(c, outputs[i], *c.outputs[i], i);
    checkKnownElements(n, c);
    checkSymbolicShape(n, c);
}

class OpCases : public testing::TestWithParam<std::string> {};

TEST_P(OpCases, AgreeWithReference) {
    auto cases = readCases(dataFolder() / (GetParam() + ".cases"));
    EXPECT_FALSE(cases.empty());
    for (const Case& c : cases) {
        SCOPED_TRACE(GetParam() + " " + c.name);
        try {
            runCase(GetParam(), c);
        } catch (const std::exception& e) {
            ADD_FAILURE() << e.what();
        }
    }
}

std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& f : std::filesystem::directory_iterator(dataFolder()))
        if (f.path().extension() == ".cases") names.push_back(f.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(All, OpCases, testing::ValuesIn(files()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OpCases);

}  // namespace
}  // namespace bireme::ir
