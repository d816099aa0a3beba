// SPDX-License-Identifier: Apache-2.0
// What a pass is and what it may ask: passes know no device.
#pragma once

#include "base/log.h"
#include "ir/graph.h"

#include <string>
#include <string_view>
#include <vector>

namespace bireme::passes {

struct Support {
    bool ok = true;
    std::string why;
};

struct PassOptions {
    bool strictNans = false;  // a pass that changes results on NaN or infinity must leave off
    bool fuse = true;         // false: stop before the fusing passes
    bool verify = true;       // check the graph after every pass that changed it
    bool interpret = false;   // and that it computes the same; Error naming the rewrite if not
    std::vector<std::string>
        disabled;           // names of passes to leave out, beside BIREME_DISABLE_PASSES
    size_t maxNotes = 200;  // kept per pass, of what was done and of what nearly was
};

// The builder's side of the passes: what can run, where messages go, whether to go on.
class PassContext {
public:
    virtual ~PassContext() = default;
    // Can some kernel that is not the last resort run this group (or lone node) as one? `why` says
    // what is missing.
    virtual Support canRun(const ir::Graph& body) const;
    // Can some kernel that is not the last resort run this lone node on operands that are strided
    // parts of larger tensors?
    virtual Support readsParts(const ir::Graph& body) const;
    // Called often; throws Error to cancel the build.
    virtual void progress(std::string_view pass, size_t done, size_t total) const;

    PassOptions options;
    Dim::Values shapes;  // of symbols, to count operations and bytes with
    Log log;
};

// One pass at work on one graph.
class PassRun {
public:
    PassRun(ir::Graph& graph, const PassContext& context, std::string_view pass,
            int64_t& rewritesLeft)
        : graph(graph), context(context), pass(pass), rewritesLeft_(rewritesLeft) {}

    ir::Graph& graph;
    const PassContext& context;
    const std::string_view pass;

    // False once BIREME_STOP_AFTER rewrites are done.
    bool mayRewrite() const { return rewritesLeft_ != 0; }
    // `layer` is the node at which something was done or not done. Nothing to say: it counts, and
    // has no note.
    void did(const std::string& layer, const std::string& what);
    void didNot(const std::string& layer, const std::string& why);

    size_t rewrites() const { return rewrites_; }
    const std::vector<std::string>& notes() const { return notes_; }    // what was done
    const std::vector<std::string>& misses() const { return misses_; }  // and what nearly was
    const std::string& lastDone() const { return lastDone_; }           // layer and what was done

private:
    void note(std::vector<std::string>& notes, std::string text);

    int64_t& rewritesLeft_;
    size_t rewrites_ = 0;
    std::vector<std::string> notes_, misses_;
    std::string lastDone_;
};

struct Pass {
    const char* name;
    const char* equation;  // what becomes what, in one line
    void (*run)(PassRun&);
};

}  // namespace bireme::passes

// Defines pass `name` in src/passes/<stage>/<name>.cpp; pipeline.cpp lists it.
// BIREME_PASS(remove_identity, "x + 0 => x") { applyRules(run, {...}); }
#define BIREME_PASS(name, equation)                                           \
    static void name##_run(::bireme::passes::PassRun&);                       \
    extern const ::bireme::passes::Pass name##_pass;                          \
    const ::bireme::passes::Pass name##_pass = {#name, equation, name##_run}; \
    static void name##_run(::bireme::passes::PassRun& run)
