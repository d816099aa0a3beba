// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "plan/halves.h"
#include "plan/layout.h"
#include "plan/read.h"
#include "plan/write.h"
#include "sample_plan.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdio>
#include <fstream>

using namespace bireme;
using namespace bireme::plan;
using test::samplePlan;
using test::written;

namespace {

std::string refusal(const std::vector<uint8_t>& bytes, ReadOptions options = {}) {
    // A copy of exactly this size, so that a sanitizer sees every read past the end.
    std::vector<uint8_t> exact(bytes.begin(), bytes.end());
    exact.shrink_to_fit();
    try {
        read(exact.empty() ? reinterpret_cast<const uint8_t*>("") : exact.data(), exact.size(),
             options);
        return "";
    } catch (const Error& e) {
        return e.what();
    }
}

std::string refusal(const std::string& text) {
    return refusal(std::vector<uint8_t>(text.begin(), text.end()));
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

class TemporaryFile {
public:
    explicit TemporaryFile(const std::vector<uint8_t>& bytes)
        : path_(testing::TempDir() + "bireme_plan_" + std::to_string(::getpid())) {
        std::ofstream(path_, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST(EngineFile, RoundTripGivesTheSameBytes) {
    auto bytes = written(samplePlan());
    Plan back = read(bytes.data(), bytes.size());
    EXPECT_EQ(written(back), bytes);
    EXPECT_EQ(back.name, "sample \"net\"");
    EXPECT_EQ(back.variants[0].root.tensors[5].desc.dims[0].text(), "4*N");
    EXPECT_EQ(back.variants[0].root.steps[2].children[1].steps[0].name, "else");
    EXPECT_EQ(back.io[0].profiles[0].max, (std::vector<int64_t>{8, 4}));
    EXPECT_EQ(back.weights.as<float>()[31], 0.5f);
    EXPECT_FLOAT_EQ(back.variants[0].root.steps[0].milliseconds, 0.25f);
}

TEST(EngineFile, ReadsFromAMapping) {
    auto bytes = written(samplePlan());
    TemporaryFile file(bytes);
    Plan back = readFile(file.path());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(back.weights.data()) % kPage, 0u);
    EXPECT_EQ(written(back), bytes);
}

TEST(EngineFile, HeadIsReadable) {
    auto bytes = written(samplePlan());
    std::string head(bytes.begin(), bytes.begin() + 512);
    EXPECT_EQ(head.substr(0, 8), "BIREMEPL");
    EXPECT_TRUE(has(head, "\"isa\": \"avx2\""));
    EXPECT_TRUE(has(head, "\"backend\": \"toy\""));
}

TEST(EngineFile, WithoutWeightsAndVariantsOfMiBs) {
    Plan p = samplePlan();
    p.constants.push_back({64, 5 << 20, "large"});
    p.weights = Blob::own(std::vector<uint8_t>((5 << 20) + 64, 3));
    p.weights = Blob::copy(p.weights.data(), p.weights.size());
    auto bytes = written(p);
    EXPECT_EQ(written(read(bytes.data(), bytes.size())), bytes);
    bytes[bytes.size() - 1] ^= 1;
    EXPECT_TRUE(has(refusal(bytes), "checksum of MiB 5 of its weights"));
    EXPECT_EQ(refusal(bytes, {Verify::lazy, ""}), "");
}

// Kernels that variants have in common lie in the file once.
TEST(EngineFile, VariantsShareKernels) {
    constexpr size_t kKernel = 100'000;
    Plan p = samplePlan();
    p.variants[0].root.steps[0].kernelBytes = Blob::own(std::vector<uint8_t>(kKernel, 7));
    const size_t one = written(p).size();
    p.variants[0].points = {std::vector<int64_t>(p.variants[0].inputSymbols.size(), 1)};
    p.variants.push_back(p.variants[0]);
    auto bytes = written(p);
    EXPECT_LT(bytes.size(), one + kKernel / 4);
    const Plan back = read(bytes.data(), bytes.size());
    EXPECT_EQ(back.variants[1].points, p.variants[0].points);
    EXPECT_EQ(back.variants[1].root.steps[0].kernelBytes.size(), kKernel);
    EXPECT_EQ(written(back), bytes);
    p.variants[1].points[0].push_back(1);
    EXPECT_THROW(written(p), Error);
}

TEST(EngineFile, EveryFlippedBitIsRefused) {
    const auto bytes = written(samplePlan());
    auto damaged = bytes;
    for (size_t i = 0; i < bytes.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            damaged[i] = static_cast<uint8_t>(bytes[i] ^ (1 << bit));
            EXPECT_NE(refusal(damaged), "") << "byte " << i << " bit " << bit;
        }
        damaged[i] = bytes[i];
    }
}

TEST(EngineFile, EveryTruncationIsRefused) {
    const auto bytes = written(samplePlan());
    for (size_t n = 0; n < bytes.size(); ++n) {
        std::string why = refusal(
            std::vector<uint8_t>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)));
        EXPECT_NE(why, "") << n << " bytes";
        if (n >= 16) {
            EXPECT_TRUE(has(why, "truncated") || has(why, "damaged")) << why;
        }
    }
}

TEST(EngineFile, TellsWhatIsWrong) {
    auto bytes = written(samplePlan());
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_TRUE(has(refusal(longer), "1 bytes more than an engine"));
    auto newer = bytes;
    newer[8] = 200;
    EXPECT_TRUE(has(refusal(newer), "engine format 200, newer than format"));
    auto half = std::vector<uint8_t>(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() - 5));
    EXPECT_TRUE(has(refusal(half), "is truncated: it has"));
    half[0] = 'X';
    EXPECT_EQ(
        refusal(half, {Verify::all, "m.engine"}).rfind("\"m.engine\" is not a Bireme engine", 0),
        0u);
}

TEST(EngineFile, TellsWhatElseItIs) {
    EXPECT_TRUE(has(refusal(std::string("")), "empty"));
    EXPECT_TRUE(has(refusal(std::string("\x08\x07\x12\x07pytorch", 11)), "an ONNX model"));
    EXPECT_TRUE(has(refusal(std::string("PK\x03\x04....", 8)), "zip archive"));
    EXPECT_TRUE(has(refusal(std::string("ftrt0000")), "TensorRT"));
    EXPECT_TRUE(has(refusal(std::string("hello, world\n")), "looks like text"));
    EXPECT_TRUE(
        has(refusal(std::string("\xff\xfe\x00\x01 garbage", 12)), "is not a Bireme engine"));
    EXPECT_THROW(readFile("/nowhere/m.engine"), Error);
    EXPECT_THROW(read(nullptr, 0), Error);
}

// Behind correct checksums: every byte of the structure changed at random must give an error or a
// valid plan.
TEST(EngineFile, ResealedDamageNeverCrashes) {
    const auto bytes = written(samplePlan());
    size_t refused = 0, total = 0;
    for (size_t i = 16; i < bytes.size() - 128; ++i) {
        for (int bit : {0, 3, 6, 7}) {
            auto damaged = bytes;
            damaged[i] = static_cast<uint8_t>(damaged[i] ^ (1 << bit));
            reseal(damaged);
            refused += !refusal(damaged).empty();
            ++total;
        }
    }
    EXPECT_GT(refused, total / 4);
}

// The sample's second constant holds 0.5 sixteen times: FP16 numbers all.
TEST(EngineFile, HalvesTakeHalfOfTheRoom) {
    Plan plan = samplePlan();
    plan.constants[1].halves = true;
    EXPECT_EQ(shrinkWeights(plan).size(), 128u);  // 16 and 32 bytes, each in a line of 64
    auto bytes = written(plan);
    Plan back = read(bytes.data(), bytes.size());
    ASSERT_EQ(back.weights.size(), 128u);
    EXPECT_EQ(std::memcmp(back.weights.data() + 64, plan.weights.data() + 64, 64), 0);
    EXPECT_TRUE(areHalves(plan.weights.data(), plan.weights.size()));
    const float third = 1.f / 3;
    EXPECT_FALSE(areHalves(&third, sizeof third));
}

TEST(EngineFile, HalvesBeyondTheFileAreRefused) {
    Plan plan = samplePlan();
    plan.constants[1].halves = true;
    const Blob stored = shrinkWeights(plan);
    for (auto [offset, size] : {std::pair<uint64_t, uint64_t>{64, 1 << 20},
                                {64, UINT64_MAX & ~uint64_t{3}},
                                {128, 64},
                                {64, 66}}) {
        plan.constants[1].offset = offset, plan.constants[1].size = size;
        EXPECT_THROW(expandWeights(plan, stored), Error) << offset << " " << size;
    }
}
