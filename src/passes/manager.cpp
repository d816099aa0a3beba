// SPDX-License-Identifier: Apache-2.0
#include "passes/manager.h"

#include "base/env.h"
#include "base/status.h"
#include "ir/edit.h"
#include "ir/group.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "passes/check.h"
#include "passes/cost.h"
#include "passes/pipeline.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>

namespace bireme::passes {

namespace {

class Manager {
public:
    Manager(ir::Graph& graph, const PassContext& context)
        : graph_(graph),
          context_(context),
          left_(envInt("BIREME_STOP_AFTER")),
          dumps_(envString("BIREME_DUMP_PASSES")),
          disabled_(context.options.disabled),
          cost_(costOf(graph, context.shapes)) {
        for (auto& name : split(envString("BIREME_DISABLE_PASSES"), ',')) {
            name = std::string(trim(name));
            if (name.empty()) continue;
            if (!findPass(name))
                context_.log.warning("BIREME_DISABLE_PASSES names no pass: \"", name, "\"");
            disabled_.push_back(name);
        }
        if (!context.options.interpret && envInt("BIREME_VERIFY_REWRITES") == 0) return;
        try {
            checker_.emplace(graph, context.shapes);
            for (const std::string& name : checker_->blind())
                context_.log.warning("rewrites cannot be verified at output \"", name,
                                     "\": it has no number for random inputs");
        } catch (const Error& e) {
            fail(ErrorCode::kUNSUPPORTED_STATE,
                 cat("rewrites cannot be verified, for the network cannot be interpreted: ",
                     e.message()));
        }
    }

    void stage(const Stage& s) {
        // A pass is at rest after its own run: it need run again only when another one changed the
        // graph since.
        std::vector<size_t> seen(s.passes.size(), SIZE_MAX);
        if (changes_ > 0) ir::inferGraph(graph_);  // what became constant shows in what reads it
        for (int round = 0; round < (s.repeats ? kMaxRounds : 1); ++round) {
            bool changed = false;
            for (size_t i = 0; i < s.passes.size(); ++i) {
                if (seen[i] == changes_ || isDisabled(*s.passes[i])) continue;
                changed = run(*s.passes[i]) || changed;
                seen[i] = changes_;
            }
            if (!changed) return;
        }
    }

    bool run(const Pass& pass) {
        PassRecord& record = recordOf(pass.name);
        const ir::Graph before = checker_ ? graph_ : ir::Graph();
        auto start = std::chrono::steady_clock::now();
        const size_t nodes = graph_.nodeCount();
        record.misses.clear();  // what is left is told again
        size_t rewrites = inGraph(pass, graph_, record);
        record.milliseconds +=
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count();
        if (record.rewrites == 0) record.nodesBefore = record.nodesAfter = nodes;
        record.nodesAfter = std::max(record.nodesAfter + graph_.nodeCount(), nodes) - nodes;
        record.rewrites += rewrites;
        if (rewrites > 0) count(record);
        if (rewrites > 0 && checker_) {
            if (std::string why = checker_->difference(graph_); !why.empty())
                blame(pass, before, rewrites, why);
            if (checker_->moved() > moved_) moved_ = checker_->moved(), mover_ = pass.name;
        }
        changes_ += rewrites;
        if (!dumps_.empty()) dump(pass.name);
        return rewrites > 0;
    }

    // Brings shapes up to date, once for all passes, and forgets symbols of values that are gone.
    std::vector<PassRecord> finish() {
        if (checker_) compareWithFirst();
        ir::inferGraph(graph_);
        std::erase_if(graph_.symbols, [&](const auto& s) {
            const ir::SymbolInfo& info = s.second;
            return info.value != ir::kNoValue && !graph_.hasValue(info.value);
        });
        for (PassRecord& r : records_)
            r.notes.insert(r.notes.begin(), r.misses.begin(), r.misses.end());
        return std::move(records_);
    }

private:
    static constexpr int kMaxRounds = 6;

    // What every pass may change a little, all of them together may not change more.
    void compareWithFirst() {
        const std::string why = checker_->drift();
        if (why.empty()) {
            context_.log.info(
                "rewrites verified: results differ from those of the network as "
                "given by at most ",
                twoDigits(checker_->moved()), " of their range");
            return;
        }
        throw Error(ErrorCode::kINTERNAL_ERROR,
                    cat("the passes together change what the network computes, though none does "
                        "alone: ",
                        why, "; most by ", mover_, ", ", twoDigits(moved_),
                        ". BIREME_STOP_AFTER=N with fewer rewrites finds where it grows"));
    }

    // Finds the first rewrite of the pass after which results differ, and throws naming it.
    [[noreturn]] void blame(const Pass& pass, const ir::Graph& before, size_t rewrites,
                            const std::string& why) {
        size_t good = 0, bad = rewrites;
        while (bad - good > 1) {
            const size_t middle = good + (bad - good) / 2;
            (differsAfter(pass, before, middle) ? bad : good) = middle;
        }
        differsAfter(pass, before, bad);
        throw Error(ErrorCode::kINTERNAL_ERROR,
                    cat("pass ", pass.name, " changes what the network computes: ", why,
                        "; it is rewrite ", bad, " of ", rewrites, ", ", lastDone_,
                        ". BIREME_DISABLE_PASSES=", pass.name, " leaves the pass out"));
    }

    // Does the pass, run again on what it started from and stopped after `limit` rewrites, change
    // results?
    bool differsAfter(const Pass& pass, const ir::Graph& before, size_t limit) {
        ir::Graph graph = before;
        PassRecord record;
        const int64_t kept = left_;
        left_ = static_cast<int64_t>(limit);
        inGraph(pass, graph, record);
        left_ = kept;
        return !Checker(*checker_).difference(graph).empty();
    }

    // What the pass saved: the cost before it is that after the pass before it.
    void count(PassRecord& record) {
        Cost now = costOf(graph_, context_.shapes);
        record.operationsSaved += cost_.operations - now.operations;
        record.bytesSaved += cost_.bytes - now.bytes;
        cost_ = now;
    }

    bool isDisabled(const Pass& p) const {
        return std::find(disabled_.begin(), disabled_.end(), p.name) != disabled_.end();
    }

    PassRecord& recordOf(const char* name) {
        for (auto& r : records_)
            if (r.name == name) return r;
        records_.emplace_back();
        records_.back().name = name;
        return records_.back();
    }

    size_t inGraph(const Pass& pass, ir::Graph& graph, PassRecord& record) {
        if (left_ == 0) return 0;
        size_t rewrites = 0;
        for (ir::NodeId id : graph.nodeIds()) {
            if (ir::isGroup(graph.node(id))) continue;
            for (size_t i = 0; i < graph.node(id).bodies.size(); ++i)
                rewrites += inGraph(pass, graph.node(id).bodies[i], record);
        }
        context_.progress(pass.name, 0, 1);
        PassRun run(graph, context_, pass.name, left_);
        pass.run(run);
        if (run.rewrites() > 0) {
            lastDone_ = run.lastDone();
            ir::sweepDead(graph);
            if (context_.options.verify) ir::verifyGraph(graph);
        }
        keep(run.notes(), record.notes);
        keep(run.misses(), record.misses);
        return rewrites + run.rewrites();
    }

    void keep(const std::vector<std::string>& said, std::vector<std::string>& notes) const {
        for (const auto& n : said)
            if (notes.size() < context_.options.maxNotes &&
                std::find(notes.begin(), notes.end(), n) == notes.end())
                notes.push_back(n);
    }

    void dump(const char* pass) {
        char number[16];
        std::snprintf(number, sizeof number, "%03d", dumped_++);
        std::string path = cat(dumps_, "/", number, "_", pass, ".ir"), text = ir::print(graph_);
        std::FILE* file = std::fopen(path.c_str(), "wb");
        bool ok = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
        if (file) std::fclose(file);
        if (!ok)
            context_.log.warning("cannot write ", path, "; BIREME_DUMP_PASSES must name a folder");
    }

    ir::Graph& graph_;
    const PassContext& context_;
    int64_t left_;
    std::string dumps_;
    std::vector<std::string> disabled_;
    Cost cost_;
    std::optional<Checker> checker_;
    double moved_ = 0;      // the most that one pass changed a result, of its range
    std::string mover_;     // that pass
    std::string lastDone_;  // the last rewrite of the last run of a pass
    std::vector<PassRecord> records_;
    size_t changes_ = 0;
    int dumped_ = 0;
};

}  // namespace

std::vector<PassRecord> runPipeline(ir::Graph& graph, const PassContext& context) {
    Manager manager(graph, context);
    for (const Stage& s : pipeline())
        if (context.options.fuse || std::string_view(s.name) != "fuse") manager.stage(s);
    auto records = manager.finish();
    for (const auto& r : records)
        if (r.rewrites > 0)
            context.log.verbose("pass ", r.name, ": ", r.rewrites, " rewrites, ", r.nodesBefore,
                                " -> ", r.nodesAfter, " layers, ", r.milliseconds, " ms");
    return records;
}

std::vector<PassRecord> runGiven(ir::Graph& graph, const PassContext& context,
                                 const std::vector<const Pass*>& passes) {
    Manager manager(graph, context);
    for (const Pass* p : passes) manager.run(*p);
    return manager.finish();
}

std::vector<PassRecord> runPasses(ir::Graph& graph, const PassContext& context,
                                  const std::vector<std::string>& names) {
    Manager manager(graph, context);
    for (const auto& name : names) {
        const Pass* pass = findPass(name);
        if (!pass) {
            std::vector<std::string> known;
            for (const Pass* p : allPasses()) known.push_back(p->name);
            std::string near = nearest(name, known);
            failInvalid(cat("there is no pass \"", name, "\"",
                            near.empty() ? "" : cat("; did you mean \"", near, "\"?")));
        }
        manager.run(*pass);
    }
    return manager.finish();
}

}  // namespace bireme::passes
