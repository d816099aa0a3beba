// SPDX-License-Identifier: Apache-2.0
// The working state of one build; dies after emit. Each step of build.cpp is a function over it.
#pragma once

#include "builder/build.h"
#include "builder/constant_pool.h"
#include "builder/denylist.h"
#include "builder/options.h"
#include "builder/timing_cache.h"
#include "device/backend.h"
#include "ir/eval.h"
#include "ir/graph.h"
#include "tactic/factory.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bireme::builder {

// One way to run a group: a factory, a joint choice of types and formats, the fastest of its
// tactics.
struct Candidate {
    // Null: nothing runs. The result is a view of input 0, or a concat whose operands are written
    // where they belong (`joins`), or what bodies give that are steps themselves.
    const tactic::KernelFactory* factory = nullptr;
    bool joins = false;
    tactic::Combination combination;
    int lowered = -1;  // index into GroupChoice::lowered; -1: the group's own body
    tactic::Tactic tactic;
    float milliseconds = 0;  // measured, or a guess when not timed
    bool timed = false;
};

struct VariantJob;

struct GroupChoice {
    ir::NodeId node = ir::kNoNode;
    std::vector<Candidate> candidates;
    int chosen = -1;
    bool onHost = false;                 // beside the GPU: its candidates are of the host's device
    std::vector<ir::Graph> lowered;      // the body in smaller types
    std::vector<DataType> loweredTypes;  // of each
    std::vector<plan::Considered> rejected;  // what does not go or failed, with the reason
    // Control flow whose bodies run as steps: one for each, with its own choices.
    std::vector<std::shared_ptr<VariantJob>> bodies;
    const Candidate& choice() const { return candidates[static_cast<size_t>(chosen)]; }
};

// The first extent of all inputs, where samples are independent.
struct Batch {
    std::string symbol;                     // that names it in the graph
    bool numbered = false;                  // the user's network has a number there
    int64_t least = 1, size = 1, most = 1;  // of the profile
    int64_t slice = 1;                      // samples that steps are built for
    bool fixed() const { return least == most; }
};

struct BuildJob {
    explicit BuildJob(const BuildOptions& o)
        : options(o), log(o.log), denylist(Denylist::defaultPath()) {}

    const BuildOptions& options;
    Log log;
    device::Backend* backend = nullptr;
    device::Device* device = nullptr;
    std::vector<const tactic::KernelFactory*> factories;  // of the backend, then the last resort's
    // What computes beside a GPU when no kernel of it takes a group; null on a CPU.
    device::Device* hostDevice = nullptr;
    std::vector<const tactic::KernelFactory*> hostFactories;
    int threads = 1;
    ir::Graph graph;
    std::vector<Profile> profiles;  // complete: every dynamic input, every profile
    std::optional<Batch> batch;     // that is run in slices
    // Symbols that are numbers in `graph`, and the extents that named them (fixed_extents.h).
    std::map<std::string, Dim, std::less<>> fixed;
    std::vector<DimVector> openInputs, openOutputs;
    TimingCache ownCache;
    TimingCache* cache = nullptr;
    Denylist denylist;
    ConstantPool constants;
    std::map<ir::ValueId, plan::KeptWeight> kept;  // weights of `graph` that a step holds
    plan::Plan plan;
    BuildReport report;

    void checkCancelled(const char* phase, int step) const;
};

// What is particular to one profile.
struct VariantJob {
    int profile = 0;
    int threads = 1;      // that its steps run on
    bool sliced = false;  // they are of a slice of the job's batch
    Profile shapes;       // the profile, its optimum moved to the point that is tuned for
    ir::Graph graph;      // clone of the job's, every node a group
    std::map<std::string, DimRange, std::less<>> ranges;
    Dim::Values min, opt, max;
    std::vector<ir::NodeId> order;
    std::map<ir::NodeId, GroupChoice> choices;
    std::map<std::pair<ir::ValueId, DataType>, Blob> converted;  // constants in smaller types
};

// steps, in order (one file each)
void chooseDevice(BuildJob& job);  // place.cpp
// Clone, infer, facts, passes.
void prepare(BuildJob& job, const ir::Graph& network);  // build.cpp
// describe.cpp: what the plan tells of the network as it was given, its inputs and outputs, the
// build.
void describePlan(BuildJob& job, const ir::Graph& network);
// Operations and bytes of the step that does what is asked, combination chosen; describe.cpp.
void describeWork(const tactic::Query& query, plan::Step& step);
// What was weighed beside the chosen candidate.
std::vector<plan::Considered> considered(const GroupChoice& choice);  // describe.cpp
void completeProfiles(BuildJob& job);      // profiles.cpp: checks ranges, fills symbol facts
Dim::Values optimum(const BuildJob& job);  // profiles.cpp: symbols at the first profile's optimum
void enterProfile(VariantJob& variant);    // profiles.cpp
// As enterProfile, for a body whose extents may name symbols of what is around it.
void enterBody(const VariantJob& outer, VariantJob& body);
void evaluateConstants(ir::Graph& graph, const Log& log);  // constants.cpp
// constants.cpp; the known inputs of a body are shapes like others.
void wrapGroups(ir::Graph& graph, bool isBody = false);
// order.cpp: steps as they run; symbols that a node's extents name; the node that defines one.
std::vector<ir::NodeId> runOrder(const ir::Graph& graph);
std::set<std::string> symbolsNamed(const ir::Graph& graph, const ir::Node& node);
ir::NodeId definerOf(const ir::Graph& graph, const std::string& symbol);
tactic::Query makeQuery(const BuildJob& job, VariantJob& variant,
                        const ir::Node& group);  // candidates.cpp
tactic::Query makeQuery(const BuildJob& job, VariantJob& variant, const ir::Node& group,
                        const Candidate& candidate);  // over the body that the candidate runs
// Bytes of a constant value in a type; converted once.
Blob constantBytes(VariantJob& variant, ir::ValueId value, DataType type);  // candidates.cpp
void listCandidates(BuildJob& job, VariantJob& variant);                    // candidates.cpp
// Candidates of the last resort that a group does not have yet.
void listLastResort(BuildJob& job, VariantJob& variant, const ir::Node& group,
                    GroupChoice& choice);                 // candidates.cpp
void timeCandidates(BuildJob& job, VariantJob& variant);  // timer.cpp
void assignFormats(BuildJob& job, VariantJob& variant);   // assign.cpp
void emitVariant(BuildJob& job, VariantJob& variant);     // emit.cpp

// Would the bytes of a tensor of these dims be the same in both formats (extents of 1 do not
// count)?
bool sameLayout(const DimVector& dims, const Format& a, const Format& b);
// Dense bytes of `dims` in format `from` (linear) laid out as `to`.
Blob relayout(const Blob& linear, DataType type, const std::vector<int64_t>& dims,
              const Format& to);

}  // namespace bireme::builder
