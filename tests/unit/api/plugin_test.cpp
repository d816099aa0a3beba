// SPDX-License-Identifier: Apache-2.0
#include "api/plugin_registry.h"
#include "api/run/dim_expr.h"
#include "unit/api/support.h"

#include <new>

namespace bireme::test {
namespace {

class Creator : public IPluginCreatorV3One {
public:
    explicit Creator(char const* name) : name_(name) {}
    IPluginV3* createPlugin(AsciiChar const*, PluginFieldCollection const*,
                            TensorRTPhase) noexcept override {
        return nullptr;
    }
    PluginFieldCollection const* getFieldNames() noexcept override { return nullptr; }
    AsciiChar const* getPluginName() const noexcept override { return name_; }
    AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

private:
    char const* name_;
};

TEST(Registry, FindsByNameVersionNamespace) {
    api::PluginRegistryOwner parent(nullptr), child(&parent.handle());
    Creator a("a"), b("b");
    EXPECT_TRUE(parent.handle().registerCreator(a, ""));
    EXPECT_FALSE(parent.handle().registerCreator(a, ""));
    EXPECT_TRUE(child.handle().registerCreator(b, "mine"));
    EXPECT_EQ(child.handle().getCreator("b", "1", "mine"), &b);
    EXPECT_EQ(child.handle().getCreator("b", "2", "mine"), nullptr);
    EXPECT_EQ(child.handle().getCreator("a", "1"), &a);
    child.handle().setParentSearchEnabled(false);
    EXPECT_EQ(child.handle().getCreator("a", "1"), nullptr);
    child.handle().setParentSearchEnabled(true);
    int32_t count = 0;
    child.handle().getAllCreators(&count);
    EXPECT_EQ(count, 1);
    child.handle().getAllCreatorsRecursive(&count);
    EXPECT_EQ(count, 2);
    EXPECT_TRUE(child.handle().deregisterCreator(b));
    EXPECT_FALSE(child.handle().deregisterCreator(b));
    EXPECT_EQ(child.handle().loadLibrary("/no/such/library.so"), nullptr);
}

TEST(Registry, SharesResources) {
    struct Resource : IPluginResource {
        explicit Resource(int* released) : released(released) {}
        int32_t release() noexcept override { return ++*released, 0; }
        IPluginResource* clone() noexcept override { return new (std::nothrow) Resource(released); }
        int* released;
    };
    int released = 0;
    Resource original(&released);
    api::PluginRegistryOwner owner(nullptr);
    IPluginRegistry& r = owner.handle();
    IPluginResource* first = r.acquirePluginResource("key", &original);
    EXPECT_NE(first, &original);
    EXPECT_EQ(r.acquirePluginResource("key", &original), first);
    EXPECT_EQ(r.releasePluginResource("key"), 0);
    EXPECT_EQ(released, 0);
    EXPECT_EQ(r.releasePluginResource("key"), 0);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(r.releasePluginResource("key"), -1);
}

TEST(Expressions, AreDims) {
    MemoryLogger logger;
    api::ExprBuilder impl{api::Reporter(&logger)};
    IExprBuilder& e = *impl.handle;
    const IDimensionExpr* n = impl.wrap(Dim::symbol("N"));
    const IDimensionExpr* three = e.constant(3);
    EXPECT_TRUE(three->isConstant());
    EXPECT_EQ(three->getConstantValue(), 3);
    const auto* sum = e.operation(DimensionOperation::kSUM, *n, *three);
    EXPECT_FALSE(sum->isConstant());
    EXPECT_EQ(impl.unwrap(*sum).text(), "N+3");
    const auto* half = e.operation(DimensionOperation::kCEIL_DIV, *e.constant(7), *e.constant(2));
    EXPECT_EQ(half->getConstantValue(), 4);
    EXPECT_EQ(e.operation(DimensionOperation::kFLOOR_DIV, *n, *e.constant(0)), nullptr);
    const auto* size = e.declareSizeTensor(1, *half, *sum);
    EXPECT_TRUE(size->isSizeTensor());
    ASSERT_EQ(impl.sizes.size(), 1U);
    EXPECT_EQ(impl.sizes[0].output, 1);
}

}  // namespace
}  // namespace bireme::test
