// SPDX-License-Identifier: Apache-2.0
// What becomes of a layer whose kernel cannot be made.
#include "base/status.h"
#include "builder/job.h"
#include "ir/parse.h"
#include "tactic/factory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace bireme;

namespace {

// Takes every matrix product, and then cannot.
class Failing final : public tactic::KernelFactory {
public:
    explicit Failing(bool alone) : alone_(alone) {}
    std::string_view name() const override { return "test.matrix_multiply.failing"; }
    tactic::Support supports(const tactic::Query& q) const override {
        return q.body().node(q.body().order()[0]).op.name() == "matrix_multiply"
                   ? tactic::yes()
                   : tactic::no("no product");
    }
    tactic::Created create(const tactic::Query&, const tactic::Tactic&) const override {
        fail(ErrorCode::kUNSUPPORTED_STATE, "the library has nothing for it");
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        in.corrupt("never saved");
    }
    bool alwaysBest() const override { return alone_; }

private:
    bool alone_;
};

class Lines final : public ILogger {
public:
    void log(Severity severity, const char* text) noexcept override {
        if (severity == Severity::kWARNING) warnings += std::string(text) + "\n";
    }
    std::string warnings;
};

// The kernel of the product in a plan built with the failing factory before all others.
std::string kernelBeside(bool alone, std::string& warnings) {
    const Failing failing(alone);
    Lines lines;
    builder::BuildOptions options;
    options.device = DeviceType::kCPU;
    options.level = 0;
    options.log = Log(&lines);
    builder::BuildJob job(options);
    job.cache = &job.ownCache;
    builder::chooseDevice(job);
    job.factories.insert(job.factories.begin(), &failing);
    builder::prepare(job, ir::parse(R"(graph g(%a: f32[4,8]) -> (%y) {
        %b = const f32[8,5] random(1)
        %y = matrix_multiply(%a, %b)
    })"));
    builder::VariantJob variant;
    variant.graph = job.graph;
    variant.shapes = job.profiles.at(0);
    builder::enterProfile(variant);
    builder::wrapGroups(variant.graph);
    builder::listCandidates(job, variant);
    builder::timeCandidates(job, variant);
    builder::assignFormats(job, variant);
    builder::emitVariant(job, variant);
    warnings = lines.warnings;
    std::string kernel;
    for (const plan::Step& s : job.plan.variants.at(0).root.steps)
        if (s.kind == plan::StepKind::kernel) kernel = s.kernel;
    return kernel;
}

}  // namespace

TEST(MakeKernel, TheNextCandidateTakesOver) {
    std::string warnings;
    EXPECT_EQ(kernelBeside(false, warnings).rfind("cpu.", 0), 0u);
}

TEST(MakeKernel, TheLastResortTakesOverInTheEnd) {
    std::string warnings;
    EXPECT_EQ(kernelBeside(true, warnings).rfind("reference.", 0), 0u);
    EXPECT_NE(warnings.find("test.matrix_multiply.failing cannot be made"), std::string::npos);
    EXPECT_NE(warnings.find("the library has nothing for it"), std::string::npos);
}
