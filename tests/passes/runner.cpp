// SPDX-License-Identifier: Apache-2.0
// Runs the golden files of the passes: tests/passes/<pass>.ir holds cases of the form
//
//   ## title
//   ## passes: a, b          default: the pass of the file's name
//   ## note: text            occurs in what the passes say (what was done, or why not); may repeat
//   ## cannot: text          no kernel runs a group whose text holds this; may repeat
//   ## tolerance: 1e-3       relative; default 1e-5
//   ## interpret: no          random inputs make no sense
//   graph main(...) ... { ... }
//   => graph main(...) ... { ... }       the graph afterwards; "=> same" when nothing may change
//
// Every case is also interpreted before and after on random inputs, and the passes are run twice:
// the second run must change nothing.
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/manager.h"
#include "passes/pipeline.h"
#include "tensor/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace bireme {
namespace {

namespace fs = std::filesystem;

struct Case {
    std::string file, title;
    std::vector<std::string> passes, notes, cannot;
    double tolerance = 1e-5;
    bool interpret = true;
    std::string before, after;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.file << ".ir: " << c.title; }

fs::path folder() { return fs::path(BIREME_SOURCE_DIR) / "tests" / "passes"; }

bool takeField(const std::string& line, const std::string& key, std::string& value) {
    std::string head = "## " + key + ":";
    if (line.rfind(head, 0) != 0) return false;
    value = std::string(trim(line.substr(head.size())));
    return true;
}

std::vector<Case> readFile(const fs::path& path) {
    std::ifstream in(path);
    std::vector<Case> cases;
    std::string line, value;
    bool inAfter = false;
    while (std::getline(in, line)) {
        bool field = takeField(line, "passes", value) || takeField(line, "note", value) ||
                     takeField(line, "cannot", value) || takeField(line, "tolerance", value) ||
                     takeField(line, "interpret", value);
        if (!field && line.rfind("## ", 0) == 0) {
            cases.push_back({path.stem(), line.substr(3), {}, {}, {}, 1e-5, true, "", ""});
            inAfter = false;
            continue;
        }
        if (cases.empty()) continue;
        Case& c = cases.back();
        if (takeField(line, "passes", value)) {
            for (const auto& p : split(value, ',')) c.passes.emplace_back(trim(p));
        } else if (takeField(line, "note", value)) {
            c.notes.push_back(value);
        } else if (takeField(line, "cannot", value)) {
            c.cannot.push_back(value);
        } else if (takeField(line, "tolerance", value)) {
            c.tolerance = std::strtod(value.c_str(), nullptr);
        } else if (takeField(line, "interpret", value)) {
            c.interpret = value != "no";
        } else {
            if (line.rfind("=>", 0) == 0) inAfter = true, line = line.substr(2);
            (inAfter ? c.after : c.before) += line + "\n";
        }
    }
    for (Case& c : cases)
        if (c.passes.empty()) c.passes = {c.file};
    return cases;
}

class Context final : public passes::PassContext {
public:
    explicit Context(const Case& c) : case_(c) {}
    passes::Support canRun(const ir::Graph& body) const override {
        std::string text = ir::print(body);
        for (const auto& part : case_.cannot)
            if (text.find(part) != std::string::npos) return {false, "no kernel takes " + part};
        return {};
    }

    passes::Support readsParts(const ir::Graph& body) const override { return canRun(body); }

private:
    const Case& case_;
};

std::string canonical(const ir::Graph& g) { return ir::print(g, {.names = false, .types = true}); }

std::vector<ir::Tensor> randomInputs(const ir::Graph& g) {
    Dim::Values values;
    int64_t next = 2;
    for (const auto& [name, info] : g.symbols)
        values[name] = std::clamp(next++, info.range.min, info.range.max);
    std::vector<ir::Tensor> inputs;
    uint64_t state = 42;
    for (ir::ValueId v : g.inputs()) {
        const TensorDesc& d = g.value(v).desc;
        ir::Tensor t{d.type, {}, {}};
        for (const Dim& x : d.dims) t.dims.push_back(x.eval(values).value());
        std::vector<double> elements(static_cast<size_t>(t.count()));
        for (double& e : elements) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            double unit = static_cast<double>(state >> 11) * 0x1.0p-53;
            e = isReal(d.type) ? unit * 4 - 2 : std::floor(unit * 3);
        }
        std::vector<uint8_t> bytes(bytesFor(d.type, t.count()));
        convertElements(DataType::kDOUBLE, elements.data(), d.type, bytes.data(), t.count());
        t.bytes = Blob::own(std::move(bytes));
        inputs.push_back(std::move(t));
    }
    return inputs;
}

std::vector<double> numbers(const ir::Tensor& t) {
    std::vector<double> v(static_cast<size_t>(t.count()));
    convertElements(t.type, t.bytes.data(), DataType::kDOUBLE, v.data(), t.count());
    return v;
}

void expectSameResults(const ir::Graph& before, const ir::Graph& after, double tolerance) {
    auto inputs = randomInputs(before);
    auto a = ir::interpret(before, inputs), b = ir::interpret(after, inputs);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(before.value(before.outputs()[i]).name, after.value(after.outputs()[i]).name);
        EXPECT_EQ(a[i].type, b[i].type);
        ASSERT_EQ(a[i].dims, b[i].dims);
        auto x = numbers(a[i]), y = numbers(b[i]);
        // Types that round every intermediate result differ by a few units of their last place.
        if (a[i].type == DataType::kHALF) tolerance = std::max(tolerance, 2e-3);
        if (a[i].type == DataType::kBF16) tolerance = std::max(tolerance, 2e-2);
        for (size_t k = 0; k < x.size(); ++k)
            ASSERT_NEAR(x[k], y[k], tolerance * (1 + std::abs(x[k])))
                << "output " << i << ", element " << k;
    }
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, BeforeAndAfter) {
    const Case& c = GetParam();
    const ir::Graph before = ir::parse(c.before);
    ir::Graph graph = before;
    Context context(c);
    auto records = passes::runPasses(graph, context, c.passes);
    std::string said;
    for (const auto& r : records)
        for (const auto& n : r.notes) said += n + "\n";
    bool same = trim(c.after) == "same";
    EXPECT_EQ(canonical(graph), canonical(same ? before : ir::parse(c.after)))
        << ir::print(graph) << said;
    for (const auto& note : c.notes)
        EXPECT_NE(said.find(note), std::string::npos)
            << "no note holds \"" << note << "\"; they are:\n"
            << said;
    if (c.interpret) expectSameResults(before, graph, c.tolerance);

    std::string once = canonical(graph);
    for (const auto& r : passes::runPasses(graph, context, c.passes))
        EXPECT_EQ(r.rewrites, 0u) << r.name << " changes its own result: "
                                  << (r.notes.empty() ? "" : r.notes[0]);
    EXPECT_EQ(canonical(graph), once);
}

std::vector<Case> allCases() {
    std::vector<Case> cases;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder()))
        if (entry.path().extension() == ".ir") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& f : files)
        for (auto& c : readFile(f)) cases.push_back(std::move(c));
    return cases;
}

std::string caseName(const testing::TestParamInfo<Case>& info) {
    std::string name = info.param.file + "_" + std::to_string(info.index) + "_";
    for (char c : info.param.title) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(Passes, Golden, testing::ValuesIn(allCases()), caseName);

TEST(GoldenFiles, EveryPassHasOne) {
    for (const passes::Pass* p : passes::allPasses()) {
        auto cases = readFile(folder() / (std::string(p->name) + ".ir"));
        size_t negative = 0;
        for (const Case& c : cases) negative += trim(c.after) == "same";
        EXPECT_GT(cases.size() - negative, 0u)
            << p->name << " has no case in which it does anything";
        EXPECT_GT(negative, 0u) << p->name << " has no case in which it must do nothing";
    }
}

}  // namespace
}  // namespace bireme
