// SPDX-License-Identifier: Apache-2.0
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/manager.h"
#include "passes/pipeline.h"
#include "tools/bireme/npy.h"
#include "tools/bireme/options.h"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace bireme::cli {

int runOpt(const Options& o) {
    if (o.listPasses) {
        for (const passes::Pass* p : passes::allPasses())
            std::printf("%-36s %s\n", p->name, p->equation);
        return 0;
    }
    std::string text;
    if (o.model.empty() || o.model == "-")
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    else {
        auto bytes = readFile(o.model);
        text.assign(bytes.begin(), bytes.end());
    }
    if (text.find('\0') != std::string::npos)
        throw std::runtime_error("\"" + o.model +
                                 "\" is no network in text form; for a model's rewrites there are "
                                 "bireme build --verify and BIREME_DUMP_PASSES");
    passes::PassContext context;
    context.options.interpret = o.bisect;
    for (ir::Graph& g : ir::parseAll(text)) {
        std::vector<passes::PassRecord> records = o.passes.empty()
                                                      ? passes::runPipeline(g, context)
                                                      : passes::runPasses(g, context, o.passes);
        for (const auto& r : records) {
            if (r.rewrites)
                std::fprintf(stderr, "%s: %d rewrites\n", r.name.c_str(),
                             static_cast<int>(r.rewrites));
            for (const auto& note : r.notes)
                std::fprintf(stderr, "  %s: %s\n", r.name.c_str(), note.c_str());
        }
        std::fputs(ir::print(g).c_str(), stdout);
    }
    return 0;
}

}  // namespace bireme::cli
