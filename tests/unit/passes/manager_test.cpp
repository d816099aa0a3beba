// SPDX-License-Identifier: Apache-2.0
#include "passes/manager.h"

#include "base/status.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ops/pointwise.h"
#include "passes/pipeline.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace bireme {
namespace {

class Environment {
public:
    Environment(const char* name, const std::string& value) : name_(name) {
        setenv(name, value.c_str(), 1);
    }
    ~Environment() { unsetenv(name_); }

private:
    const char* name_;
};

const char* const kCopies = R"(
graph main(%x: f32[2,3]) -> (%z) {
  %a = identity(%x)
  %b = identity(%a)
  %c = pointwise(%b) {fn=exp}
  %z = pointwise(%c) {fn=relu}
})";

TEST(Manager, CountsAndTimes) {
    ir::Graph g = ir::parse(kCopies);
    auto records =
        passes::runPasses(g, passes::PassContext(), {"remove_identity", "fuse_pointwise"});
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].name, "remove_identity");
    EXPECT_EQ(records[0].rewrites, 2u);
    EXPECT_EQ(records[0].nodesBefore, 4u);
    EXPECT_EQ(records[0].nodesAfter, 2u);
    EXPECT_EQ(records[1].nodesAfter, 1u);
    EXPECT_GE(records[0].milliseconds, 0);
}

TEST(Manager, StopsAfterAsManyRewritesAsAsked) {
    for (size_t limit = 0; limit <= 4; ++limit) {
        Environment stop("BIREME_STOP_AFTER", std::to_string(limit));
        ir::Graph g = ir::parse(kCopies);
        size_t rewrites = 0;
        for (const auto& r : passes::runPipeline(g, passes::PassContext())) rewrites += r.rewrites;
        EXPECT_EQ(rewrites, std::min<size_t>(limit, 3)) << ir::print(g);
    }
}

TEST(Manager, LeavesDisabledPassesOut) {
    Environment disable("BIREME_DISABLE_PASSES", "remove_identity, merge_views");
    ir::Graph g = ir::parse(kCopies);
    passes::PassContext context;
    context.options.disabled = {"fuse_pointwise"};
    passes::runPipeline(g, context);
    EXPECT_EQ(g.nodeCount(), 4u);
}

TEST(Manager, DumpsEveryPass) {
    namespace fs = std::filesystem;
    fs::path folder = fs::path(testing::TempDir()) / "bireme_dump_passes";
    fs::remove_all(folder);
    fs::create_directories(folder);
    Environment dump("BIREME_DUMP_PASSES", folder.string());
    ir::Graph g = ir::parse(kCopies);
    passes::runPasses(g, passes::PassContext(), {"remove_identity"});
    EXPECT_TRUE(fs::exists(folder / "000_remove_identity.ir"));
    fs::remove_all(folder);
}

TEST(Manager, NamesTheNearestPass) {
    ir::Graph g = ir::parse(kCopies);
    try {
        passes::runPasses(g, passes::PassContext(), {"remove_identities"});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.message(),
                  "there is no pass \"remove_identities\"; did you mean \"remove_identity\"?");
    }
}

struct Cancelling final : passes::PassContext {
    void progress(std::string_view, size_t, size_t) const override {
        fail(ErrorCode::kUNSPECIFIED_ERROR, "cancelled");
    }
};

TEST(Manager, CanBeCancelled) {
    ir::Graph g = ir::parse(kCopies);
    EXPECT_THROW(passes::runPipeline(g, Cancelling()), Error);
}

TEST(Manager, OptimizesBodies) {
    ir::Graph g = ir::parse(R"(
graph main(%c: bool[], %x: f32[2,3]) -> (%z) {
  %z = if(%c, %x) [graph then(%a: f32[2,3]) -> (%q) {
    %p = identity(%a)
    %q = pointwise(%p) {fn=relu}
  }, graph else(%b: f32[2,3]) -> (%r) {
    %r = pointwise(%b) {fn=exp}
  }]
})");
    passes::runPipeline(g, passes::PassContext());
    EXPECT_EQ(g.node(g.nodeIds()[0]).bodies[0].nodeCount(), 1u) << ir::print(g);
}

// Blocks of convolution, scale, shift, activation and residual, each constant its own: what a large
// network looks like.
std::string largeNetwork(int blocks) {
    std::string text = "graph main(%x: f32[N,4,8,8]) -> (%z) {\n %y0 = identity(%x)\n";
    for (int i = 0; i < blocks; ++i) {
        std::string k = std::to_string(i), next = std::to_string(i + 1);
        text += " %w" + k + " = const f32[4,4,3,3] random(" + k + ")\n";
        text += " %s" + k + " = const f32[1,4,1,1] {1, 2, 3, 4}\n %t" + k +
                " = const f32[1,4,1,1] {4, 3, 2, 1}\n";
        text += " %three" + k + " = const f32[1] {3}\n %six" + k + " = const f32[1] {6}\n";
        text += " %c" + k + " = convolution(%y" + k + ", %w" + k +
                ") {prePadding=[1,1], postPadding=[1,1]}\n";
        text += " %p" + k + " = pointwise(%c" + k + ", %s" + k + ") {fn=prod}\n";
        text += " %q" + k + " = pointwise(%p" + k + ", %t" + k + ") {fn=sum}\n";
        text += " %a" + k + " = pointwise(%q" + k + ", %three" + k + ") {fn=sum}\n";
        text += " %b" + k + " = pointwise(%a" + k + ") {fn=clip, alpha=0, beta=6}\n";
        text += " %d" + k + " = pointwise(%q" + k + ", %b" + k + ") {fn=prod}\n";
        text += " %e" + k + " = pointwise(%d" + k + ", %six" + k + ") {fn=div}\n";
        text += " %y" + next + " = pointwise(%e" + k + ", %y" + k + ") {fn=sum}\n";
    }
    return text + " %z = pointwise(%y" + std::to_string(blocks) + ") {fn=relu}\n}";
}

TEST(Manager, LargeNetworksTakeLinearTime) {
    double milliseconds[2];
    for (int i = 0; i < 2; ++i) {
        ir::Graph g = ir::parse(largeNetwork(i == 0 ? 125 : 500));
        passes::PassContext context;
        context.options.maxNotes = 10;
        std::clock_t start = std::clock();  // of this process: others may keep the machine busy
        auto records = passes::runPipeline(g, context);
        milliseconds[i] = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        EXPECT_EQ(g.nodeCount(), i == 0 ? 125u : 500u);
        if (i == 0)
            for (const auto& r : records)
                std::printf("%-40s %8.2f ms %6zu rewrites\n", r.name.c_str(), r.milliseconds,
                            r.rewrites);
    }
    std::printf("1,000 layers: %.1f ms, 4,000 layers: %.1f ms\n", milliseconds[0], milliseconds[1]);
    EXPECT_LT(milliseconds[1],
              12 * milliseconds[0] + 50);  // four times the layers; quadratic would be sixteen
}

// A pass with a mistake in its second rewrite: exp becomes log where the layer is "b".
void spoil(passes::PassRun& run) {
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        auto* p = run.graph.node(id).op.as<ops::Pointwise>();
        if (!p || p->fn != ops::PointwiseFn::exp) continue;
        const bool wrong = run.graph.node(id).name == "b";
        ops::Pointwise other = *p;
        other.fn = wrong ? ops::PointwiseFn::log : ops::PointwiseFn::exp;
        other.alpha = 1;  // exp has no parameter: nothing but a mark that it was seen
        run.graph.node(id).op = ir::Op::of(other);
        run.did(run.graph.node(id).name, "spoilt");
    }
}

TEST(Manager, NamesTheRewriteThatChangesResults) {
    const passes::Pass pass{"spoil", "exp => log", spoil};
    passes::PassContext context;
    context.options.interpret = true;
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[2,3]) -> (%c) {
  %a = pointwise(%x) {fn=exp}
  %b = pointwise(%a) {fn=exp}
  %c = pointwise(%b) {fn=exp}
})");
    try {
        passes::runGiven(g, context, {&pass});
        FAIL() << "a wrong pass went through";
    } catch (const Error& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("pass spoil changes"), std::string::npos) << text;
        EXPECT_NE(text.find("rewrite 2 of 3, \"b\": spoilt"), std::string::npos) << text;
        EXPECT_NE(text.find("output \"c\""), std::string::npos) << text;
    }
}

// A mistake is found in the branch that the drawn inputs do not take, and where they give no
// number.
TEST(Manager, FindsMistakesThatOneRunDoesNotShow) {
    const passes::Pass pass{"spoil", "exp => log", spoil};
    passes::PassContext context;
    context.options.interpret = true;
    auto isFound = [&](const std::string& text) {
        ir::Graph g = ir::parse(text);
        EXPECT_THROW(passes::runGiven(g, context, {&pass}), Error) << text;
    };
    for (bool first : {true, false}) {
        const char *a = first ? "b" : "right", *b = first ? "right" : "b";
        isFound(cat("graph main(%c: bool[], %x: f32[2,3]) -> (%z) {\n",
                    "  %z = if(%c, %x) [graph then(%p: f32[2,3]) -> (%", a, ") {\n", "    %", a,
                    " = pointwise(%p) {fn=exp}\n", "  }, graph else(%q: f32[2,3]) -> (%", b,
                    ") {\n", "    %", b, " = pointwise(%q) {fn=exp}\n  }]\n}"));
    }
    for (const char* root : {"x", "negative"})
        isFound(cat("graph main(%x: f32[1]) -> (%z) {\n", "  %negative = pointwise(%x) {fn=neg}\n",
                    "  %r = pointwise(%", root, ") {fn=sqrt}\n", "  %b = pointwise(%r) {fn=exp}\n",
                    "  %z = identity(%b)\n}"));
}

// A network that takes two sample rates and nothing else: those are what it is checked with.
TEST(Manager, ChecksWithNumbersThatTheNetworkKnows) {
    const passes::Pass pass{"spoil", "exp => log", spoil};
    passes::PassContext context;
    context.options.interpret = true;
    ir::Graph g = ir::parse(R"(
graph main(%rate: i64[], %x: f32[N,3]) -> (%z) {
  %high = const i64[] {16000}
  %shape = const i64[2] {4, 2}
  %known = pointwise(%rate, %high) {fn=equal}
  %z = if(%known, %x, %shape) [graph then(%p: f32[N,3], %s: i64[2]) -> (%y) {
    %b = pointwise(%p) {fn=exp}
    %y = reduce(%b) {operation=sum, axes=[0,1]}
  }, graph else(%q: f32[N,3], %t: i64[2]) -> (%u) {
    %r = reshape(%q, %t)
    %u = reduce(%r) {operation=sum, axes=[0,1]}
  }]
})");
    EXPECT_THROW(
        {
            try {
                passes::runGiven(g, context, {&pass});
            } catch (const Error& e) {
                EXPECT_NE(e.message().find("pass spoil changes"), std::string::npos) << e.what();
                throw;
            }
        },
        Error);
}

// Scales what tanh gives by a few parts in a hundred thousand, each time that it runs.
void nudge(passes::PassRun& run) {
    for (ir::NodeId id : run.graph.order()) {
        auto* p = run.graph.node(id).op.as<ops::Pointwise>();
        if (!p || p->fn != ops::PointwiseFn::scaled_tanh || !run.mayRewrite()) continue;
        ops::Pointwise other = *p;
        other.alpha *= 1 + 6e-5f;
        run.graph.node(id).op = ir::Op::of(other);
        run.did(run.graph.node(id).name, "nudged");
    }
}

TEST(Manager, SmallChangesMayNotAddUp) {
    const passes::Pass pass{"nudge", "x => x", nudge};
    passes::PassContext context;
    context.options.interpret = true;
    auto after = [&](size_t times) -> std::string {
        ir::Graph g = ir::parse(
            "graph main(%x: f32[4]) -> (%z) { %z = pointwise(%x) {fn=scaled_tanh, alpha=1, beta=1} "
            "}");
        try {
            passes::runGiven(g, context, std::vector<const passes::Pass*>(times, &pass));
        } catch (const Error& e) {
            return e.message();
        }
        return "";
    };
    EXPECT_EQ(after(1), "");
    const std::string text = after(3);
    EXPECT_NE(text.find("the passes together change"), std::string::npos) << text;
    EXPECT_NE(text.find("output \"z\" differs by 0.00018"), std::string::npos) << text;
    EXPECT_NE(text.find("(0.0001 is allowed)"), std::string::npos) << text;
    EXPECT_NE(text.find("most by nudge, 6e-05"), std::string::npos) << text;
}

TEST(Manager, RightRewritesPassTheCheck) {
    passes::PassContext context;
    context.options.interpret = true;
    ir::Graph g = ir::parse(kCopies);
    EXPECT_NO_THROW(passes::runPipeline(g, context));
}

// Does three things and misses one, another one at its second run.
int runsOfTeller = 0;
void tell(passes::PassRun& run) {
    for (const char* layer : {"a", "b", "c"}) run.did(layer, "done");
    run.did("d", "");
    run.didNot("c", ++runsOfTeller == 1 ? "early" : "late");
}

TEST(Manager, NearMissesAreKeptAndThoseOfTheLastRun) {
    const passes::Pass pass{"tell", "nothing", tell};
    passes::PassContext context;
    context.options.maxNotes = 2;
    ir::Graph g = ir::parse(kCopies);
    auto records = passes::runGiven(g, context, {&pass, &pass});
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].rewrites, 8u);
    EXPECT_EQ(records[0].notes, (std::vector<std::string>{"\"c\" left as it is: late",
                                                          "\"a\": done", "\"b\": done"}));
}

TEST(Manager, LayersThatOtherPassesRemoveAreNotCounted) {
    ir::Graph g = ir::parse(R"(
graph main(%x: f32[2,3]) -> (%z) {
  %a = identity(%x)
  %b = pointwise(%a) {fn=neg}
  %c = pointwise(%b) {fn=neg}
  %d = pointwise(%c) {fn=exp}
  %z = softmax(%d)
})");
    for (const auto& r : passes::runPipeline(g, passes::PassContext()))
        if (r.name == "remove_identity") {
            EXPECT_EQ(r.nodesBefore, 5u);
            EXPECT_EQ(r.nodesAfter, 4u);
        }
    EXPECT_EQ(g.nodeCount(), 2u);
}

TEST(Manager, CountsWhatIsSaved) {
    ir::Graph g = ir::parse(kCopies);
    auto records =
        passes::runPasses(g, passes::PassContext(), {"remove_identity", "fuse_pointwise"});
    EXPECT_EQ(records[0].operationsSaved, 0);     // an identity moves nothing
    EXPECT_EQ(records[1].operationsSaved, 0);     // the same functions
    EXPECT_EQ(records[1].bytesSaved, 2 * 6 * 4);  // written once less, read once less
}

}  // namespace
}  // namespace bireme
