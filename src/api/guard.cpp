// SPDX-License-Identifier: Apache-2.0
#include "api/guard.h"

#include "bireme/version.h"

#include <atomic>
#include <cstring>
#include <new>
#include <string>

namespace bireme::api {

namespace {
std::atomic<ILogger*> globalLogger{nullptr};
constexpr size_t kMaxName = 4095;
}  // namespace

Reporter::Reporter(ILogger* logger, IErrorRecorder* recorder) noexcept
    : logger_(logger), recorder_(recorder) {
    if (recorder_) recorder_->incRefCount();
}

Reporter& Reporter::operator=(const Reporter& o) noexcept {
    if (this == &o) return *this;
    logger_ = o.logger_;
    setRecorder(o.recorder_);
    return *this;
}

Reporter::~Reporter() { setRecorder(nullptr); }

void Reporter::setRecorder(IErrorRecorder* recorder) noexcept {
    if (recorder) recorder->incRefCount();
    if (recorder_) recorder_->decRefCount();
    recorder_ = recorder;
}

void Reporter::report(ErrorCode code, const char* message) const noexcept {
    if (recorder_) recorder_->reportError(code, message);
    if (!logger_) return;
    bool ours = code == ErrorCode::kINTERNAL_ERROR;
    logger_->log(ours ? ILogger::Severity::kINTERNAL_ERROR : ILogger::Severity::kERROR, message);
}

void Reporter::reportCurrent() const noexcept {
    try {
        throw;
    } catch (const Error& e) {
        report(e.code(), e.what());
    } catch (const std::bad_alloc&) {
        report(ErrorCode::kFAILED_ALLOCATION, "out of memory");
    } catch (const std::exception& e) {
        report(ErrorCode::kINTERNAL_ERROR, e.what());
    } catch (...) {
        report(ErrorCode::kINTERNAL_ERROR, "an exception of unknown type");
    }
}

const char* requireName(const char* name, const char* what) {
    require(name != nullptr, what, " is null");
    require(std::strlen(name) <= kMaxName, what, " is longer than ", kMaxName, " bytes");
    return name;
}

void offerGlobalLogger(ILogger* logger) noexcept {
    ILogger* none = nullptr;
    globalLogger.compare_exchange_strong(none, logger);
}

bool isVersion8(int32_t version) noexcept { return version / 1000 == 8; }

bool acceptVersion(ILogger* logger, int32_t version) noexcept {
    constexpr int32_t kMajor = 10000;
    if (version / kMajor == NV_TENSORRT_MAJOR || isVersion8(version)) return true;
    Reporter reporter(logger);
    guard(reporter, [&] {
        reporter.report(ErrorCode::kINVALID_ARGUMENT,
                        cat("the program was compiled against API version ", version,
                            ", this library is ", NV_TENSORRT_VERSION)
                            .c_str());
    });
    return false;
}

}  // namespace bireme::api

extern "C" {

nvinfer1::ILogger* getLogger() noexcept { return bireme::api::globalLogger.load(); }

int32_t getInferLibVersion() noexcept { return NV_TENSORRT_VERSION; }
int32_t getInferLibMajorVersion() noexcept { return NV_TENSORRT_MAJOR; }
int32_t getInferLibMinorVersion() noexcept { return NV_TENSORRT_MINOR; }
int32_t getInferLibPatchVersion() noexcept { return NV_TENSORRT_PATCH; }
int32_t getInferLibBuildVersion() noexcept { return NV_TENSORRT_BUILD; }
char const* getBiremeVersion() noexcept { return BIREME_VERSION; }

}  // extern "C"
