// SPDX-License-Identifier: Apache-2.0
#include "device/registry.h"

#include <gtest/gtest.h>

using namespace bireme;
using namespace bireme::device;

namespace {

class EmptyBackend final : public Backend {
public:
    std::string_view name() const override { return "empty"; }
    std::string version() const override { return "0"; }
    std::vector<Device*> devices() override { return {}; }
    std::vector<const tactic::KernelFactory*> factories() const override { return {}; }
    std::unique_ptr<Kernel> loadKernel(std::string_view, ByteReader&, Device&) const override {
        return nullptr;
    }
};

}  // namespace

TEST(BackendRegistry, FindsByNameAndByKernel) {
    BackendRegistry registry;
    EmptyBackend empty;
    EXPECT_EQ(registry.find("empty"), nullptr);
    registry.add(empty);
    EXPECT_EQ(registry.find("empty"), &empty);
    EXPECT_EQ(registry.forKernel("empty.softmax.fast"), &empty);
    EXPECT_EQ(registry.forKernel("emptyish.softmax"), nullptr);
    registry.remove(empty);
    EXPECT_EQ(registry.find("empty"), nullptr);
}

TEST(BackendRegistry, KeepsReasons) {
    BackendRegistry registry;
    bool told = false;
    for (const auto& m : registry.missing()) {
        told = told || m.name == "cuda";
        EXPECT_FALSE(m.reason.empty());
    }
    EXPECT_TRUE(told);
    EXPECT_NE(registry.reasonFor("cuda").find("libbireme_cuda.so"), std::string::npos);
    EXPECT_NE(registry.reasonFor("quantum").find("this Bireme has"), std::string::npos);
}
