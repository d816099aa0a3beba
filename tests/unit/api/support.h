// SPDX-License-Identifier: Apache-2.0
// A logger and a recorder that remember, and networks without a builder.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "NvInfer.h"
#include "api/access.h"
#include "api/network/network.h"

namespace bireme::test {

class MemoryLogger : public ILogger {
public:
    void log(Severity severity, char const* msg) noexcept override {
        lines.emplace_back(severity, msg);
        if (severity <= Severity::kERROR) lastError = msg;
    }
    std::vector<std::pair<Severity, std::string>> lines;
    std::string lastError;
};

class MemoryRecorder : public IErrorRecorder {
public:
    int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(errors.size()); }
    ErrorCode getErrorCode(int32_t i) const noexcept override {
        return errors.at(static_cast<size_t>(i)).first;
    }
    ErrorDesc getErrorDesc(int32_t i) const noexcept override {
        return errors.at(static_cast<size_t>(i)).second.c_str();
    }
    bool hasOverflowed() const noexcept override { return false; }
    void clear() noexcept override { errors.clear(); }
    bool reportError(ErrorCode code, ErrorDesc desc) noexcept override {
        errors.emplace_back(code, desc);
        return true;
    }
    RefCount incRefCount() noexcept override { return ++references; }
    RefCount decRefCount() noexcept override { return --references; }

    std::vector<std::pair<ErrorCode, std::string>> errors;
    int32_t references = 0;
};

inline std::vector<int64_t> list(const Dims& d) {
    return d.nbDims < 0 ? std::vector<int64_t>{-99} : std::vector<int64_t>(d.d, d.d + d.nbDims);
}

class NetworkTest : public ::testing::Test {
protected:
    NetworkTest() { reset(0); }

    void reset(NetworkDefinitionCreationFlags flags) {
        net.reset(api::Access::make<INetworkDefinition>(
            new api::Network(nullptr, api::Reporter(&logger), flags)));
    }
    ITensor& input(const char* name, Dims dims, DataType type = DataType::kFLOAT) {
        return *net->addInput(name, type, dims);
    }
    static std::vector<int64_t> dimsOf(ITensor* t) { return list(t->getDimensions()); }
    static std::vector<int64_t> dimsOf(ILayer* l) { return dimsOf(l->getOutput(0)); }
    Weights weights(std::vector<float> values) {
        store.push_back(std::make_unique<std::vector<float>>(std::move(values)));
        return {DataType::kFLOAT, store.back()->data(), static_cast<int64_t>(store.back()->size())};
    }
    ITensor& ints(std::vector<int64_t> values) {
        intStore.push_back(std::make_unique<std::vector<int64_t>>(std::move(values)));
        auto& v = *intStore.back();
        Dims d{1, {static_cast<int64_t>(v.size())}};
        return *net->addConstant(d, {DataType::kINT64, v.data(), d.d[0]})->getOutput(0);
    }

    MemoryLogger logger;
    std::unique_ptr<INetworkDefinition> net;
    std::vector<std::unique_ptr<std::vector<float>>> store;
    std::vector<std::unique_ptr<std::vector<int64_t>>> intStore;
    static inline const Weights kNone{DataType::kFLOAT, nullptr, 0};
};

}  // namespace bireme::test
