// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/difference.h"
#include "tools/bireme/session.h"

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace bireme::cli {

// Runs onnxruntime on the .npy files of a folder; outputs go beside them.
static const char kScript[] = R"(
import json, sys
try:
    import numpy, onnxruntime
except ImportError as e:
    sys.exit(f"{sys.executable} lacks {e.name}: pip install onnxruntime numpy, or name another interpreter with --python")
folder, model = sys.argv[1:3]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
feed = {i.name: numpy.load(f"{folder}/in{k}.npy") for k, i in
        enumerate(sorted(session.get_inputs(), key=lambda i: i.name))}
for o, value in zip(session.get_outputs(), session.run(None, feed)):
    k = sorted(x.name for x in session.get_outputs()).index(o.name)
    numpy.save(f"{folder}/out{k}.npy", numpy.ascontiguousarray(value))
)";

namespace {
struct Folder {
    std::string path;
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "bireme-compare-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

std::string shellQuoted(const std::string& s) {
    std::string out = "'";
    for (char c : s) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

bool agree(const std::string& name, const Array& ours, const Array& theirs, double tolerance) {
    if (ours.dims != theirs.dims || ours.type != theirs.type) {
        std::printf("%s: %s %s here, %s %s in onnxruntime\n", name.c_str(), typeName(ours.type),
                    shapeText(ours.dims).c_str(), typeName(theirs.type),
                    shapeText(theirs.dims).c_str());
        return false;
    }
    Difference d;
    d.add(ours, theirs);
    bool ok = d.largest <= tolerance * d.range();
    std::printf(
        "%s: %s, largest difference %.3g (%.3g of the range) at element %zu, cosine %.7f: "
        "%s\n",
        name.c_str(), shapeText(ours.dims).c_str(), d.largest, d.relative(), d.at, d.cosine(),
        ok ? "agrees" : "DIFFERS");
    return ok;
}
}  // namespace

int runCompare(const Options& o) {
    if (!o.precisions.empty()) return comparePrecisions(o);
    if (kindOf(o.model) != FileKind::kOnnx)
        throw std::runtime_error("compare takes an ONNX model: onnxruntime has to run it too");
    Session session(o);
    session.setInputs(o);
    session.run();
    Folder folder;
    size_t k = 0;
    for (const auto& [name, a] : session.inputs())
        writeNpy(folder.path + "/in" + std::to_string(k++) + ".npy", a);
    writeFile(folder.path + "/run.py", kScript, sizeof kScript - 1);
    std::string command = shellQuoted(o.python) + " " + shellQuoted(folder.path + "/run.py") + " " +
                          shellQuoted(folder.path) + " " + shellQuoted(o.model);
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error("onnxruntime could not run the model");
    bool ok = true;
    k = 0;
    for (const auto& [name, a] : session.outputs())
        ok = agree(name, a, readNpy(folder.path + "/out" + std::to_string(k++) + ".npy"),
                   o.tolerance) &&
             ok;
    return ok ? 0 : 2;
}

}  // namespace bireme::cli
