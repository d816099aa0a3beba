// SPDX-License-Identifier: Apache-2.0
// Writes docs/reference from the code.   docgen FOLDER | docgen --check FOLDER
#include "base/env.h"
#include "base/text.h"
#include "ir/attributes.h"
#include "parsers/caffe/importer_table.h"
#include "parsers/onnx/importer_table.h"
#include "parsers/tensorflow/conversion.h"
#include "parsers/uff/importer_table.h"
#include "passes/pipeline.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace bireme;

static const char kNotice[] = "<!-- Written by docgen; edit the code instead. -->\n\n";

static std::string range(int least, int most) {
    return most < 0        ? cat(least, " or more")
           : most == least ? cat(least)
                           : cat(least, " to ", most);
}

static std::string opsPage() {
    std::string s =
        cat("# Operations\n\n", kNotice,
            "Every operation of the graph; `INetworkDefinition::addOperator` takes these names.\n");
    for (const ir::OpDef* def : ir::OpRegistry::global().all()) {
        s += cat("\n## ", def->name, "\n\n", def->doc,
                 "\n\nInputs: ", range(def->minInputs, def->maxInputs),
                 ". Outputs: ", range(def->minOutputs, def->maxOutputs), ".\n");
        auto attributes = ir::attributeDocs(*def);
        if (attributes.empty()) continue;
        s += "\n| attribute | type | default |\n| --- | --- | --- |\n";
        for (const auto& a : attributes)
            s += cat("| `", a.name, "` | ", a.type, " | `", a.defaultText, "` |\n");
    }
    return s;
}

static std::string passesPage() {
    std::string s =
        cat("# Passes\n\n", kNotice,
            "In the order in which they run; a stage that repeats runs until nothing changes. ",
            "`BIREME_DISABLE_PASSES` leaves passes out by name.\n");
    for (const auto& stage : passes::pipeline()) {
        s += cat("\n## ", stage.name, stage.repeats ? " (repeats)" : "",
                 "\n\n| pass | what becomes what |\n| --- | --- |\n");
        for (const auto* p : stage.passes) s += cat("| `", p->name, "` | `", p->equation, "` |\n");
    }
    return s;
}

static std::string environmentPage() {
    std::string s =
        cat("# Environment\n\n", kNotice,
            "| variable | type | default | what it does |\n| --- | --- | --- | --- |\n");
    for (const auto& e : envSwitches()) {
        std::string fallback = trim(e.defaultValue).empty() ? "" : cat("`", e.defaultValue, "`");
        s += cat("| `", e.name, "` | ", e.type, " | ", fallback, " | ", e.help, " |\n");
    }
    return s;
}

// What the tests found of an operator of ai.onnx.
struct OperatorFacts {
    const char *op, *versions, *types, *place;
};

static OperatorFacts factsOf(const char* op) {
    static const OperatorFacts kRows[] = {
#define OPERATOR(op, versions, types, place) {op, versions, types, place},
#include "tools/docgen/onnx_operators.def"
#undef OPERATOR
    };
    for (const OperatorFacts& row : kRows)
        if (std::strcmp(row.op, op) == 0) return row;
    return {op, "", "", ""};
}

static std::string onnxPage() {
    std::string s =
        cat("# ONNX operators\n\n", kNotice,
            "Imported from opset 1 to the newest, as far as the operator exists there. What an ",
            "importer declines (a type, an attribute) is told with the node's name. *On a CPU*: ",
            "*kernels* of the CPU backend compute it, it is among *views*, which move nothing, or ",
            "it rests on the *reference*, plain loops without care for speed; `bireme check` says ",
            "the same of a model, for a GPU too. *Types tested* are those of the operator's own "
            "backend tests that pass; more are taken. ",
            "The last column lists the versions of the operator's definition since opset 7 of ",
            "which the tests compare a model with onnxruntime, or with onnx's own evaluator where ",
            "onnxruntime has none. [Single operators](../performance-ops.md) beside onnxruntime ",
            "are on a page of their own.\n\n",
            "| operator | domain | opsets | on a CPU | types tested | versions compared |\n",
            "| --- | --- | --- | --- | --- | --- |\n");
    for (const auto& row : onnx_import::ImporterTable::instance().rows()) {
        std::string opsets = row.until       ? cat("up to ", row.until)
                             : row.since > 1 ? cat("from ", row.since)
                                             : "all";
        const OperatorFacts facts =
            *row.domain ? OperatorFacts{row.op, "", "", ""} : factsOf(row.op);
        s += cat("| ", row.op, " | ", *row.domain ? row.domain : "ai.onnx", " | ", opsets, " | ",
                 facts.place, " | ", facts.types, " | ", facts.versions, " |\n");
    }
    return s;
}

static std::string uffPage() {
    std::string s =
        cat("# UFF operations\n\n", kNotice,
            "Everything means what TensorFlow means by it: axes count the batch, "
            "dimensions stand in TensorFlow's order. Names with a leading `_` are custom "
            "nodes, as the converters write what UFF lacks.\n\n| operation | what is read |\n| --- "
            "| --- |\n");
    for (const auto& row : uff_import::ImporterTable::instance().rows())
        s += cat("| ", row.op, " | ", row.meaning, " |\n");
    s += "\n## From TensorFlow\n\nWhat `bireme convert tensorflow-to-uff` writes. Any other "
         "operation "
         "becomes a custom node with all its attributes.\n\n| TensorFlow | UFF | note |\n| --- | "
         "--- "
         "| --- |\n";
    for (const auto& row : tensorflow::ConverterTable::instance().rows())
        s += cat("| ", row.op, " | ", row.uff, " | ", row.note, " |\n");
    return s;
}

static std::string caffePage() {
    std::string s =
        cat("# Caffe layers\n\n", kNotice,
            "Every layer type that the Caffe parser imports. Input layers become inputs; Silence, ",
            "Accuracy, HDF5Output and losses are left out.\n\n| type | notes |\n| --- | --- |\n");
    for (const auto& row : caffe_import::ImporterTable::instance().rows())
        s += cat("| ", row.type, " |", *row.note ? " " : "", row.note, " |\n");
    return s;
}

int main(int argc, char** argv) {
    bool check = argc == 3 && std::strcmp(argv[1], "--check") == 0;
    if (argc != 2 && !check) return std::fprintf(stderr, "docgen [--check] FOLDER\n"), 2;
    const std::pair<const char*, std::string> pages[] = {
        {"ops.md", opsPage()},   {"passes.md", passesPage()}, {"environment.md", environmentPage()},
        {"onnx.md", onnxPage()}, {"caffe.md", caffePage()},   {"uff.md", uffPage()}};
    int stale = 0;
    for (const auto& [name, text] : pages) {
        std::string path = cat(argv[argc - 1], "/", name);
        if (!check) {
            std::ofstream(path, std::ios::binary) << text;
            continue;
        }
        std::ifstream file(path, std::ios::binary);
        std::string have((std::istreambuf_iterator<char>(file)), {});
        if (have == text) continue;
        std::fprintf(stderr, "%s is not what the code says: run docgen\n", path.c_str());
        ++stale;
    }
    return stale ? 1 : 0;
}
