// SPDX-License-Identifier: Apache-2.0
#include "runtime/context.h"

#include "base/parallel_for.h"
#include "base/text.h"
#include "runtime/executor.h"
#include "runtime/loaded.h"
#include "runtime/memory.h"

#include <algorithm>
#include <new>

namespace bireme::runtime {

using plan::IoTensor;

ExecutionContext::ExecutionContext(std::shared_ptr<const Engine> engine, MemoryStrategy strategy)
    : engine_(std::move(engine)),
      strategy_(strategy),
      inputs_(engine_->plan().io.size()),
      addresses_(inputs_.size(), nullptr),
      allocators_(inputs_.size(), nullptr),
      executor_(std::make_unique<Executor>(*engine_)) {
    forgetShapes();
    if (strategy_ == MemoryStrategy::fixed) allocateScratch(engine_->deviceMemory());
    if (strategy_ == MemoryStrategy::onProfileChange) allocateScratch(engine_->deviceMemory(0));
}

ExecutionContext::~ExecutionContext() {
    if (strategy_ != MemoryStrategy::user) deallocate(*engine_, scratch_, nullptr);
}

void ExecutionContext::allocateScratch(int64_t size) {
    if (scratch_) deallocate(*engine_, scratch_, nullptr);
    scratch_ = nullptr;
    scratchSize_ = 0;
    if (size == 0) return;
    scratch_ = allocate(*engine_, static_cast<size_t>(size), nullptr);
    if (!scratch_)
        fail(ErrorCode::kFAILED_ALLOCATION,
             cat("no memory for the ", humanBytes(static_cast<uint64_t>(size)),
                 " of scratch that an execution context needs"));
    scratchSize_ = size;
}

bool ExecutionContext::validIo(int32_t io) const noexcept {
    return io >= 0 && static_cast<size_t>(io) < inputs_.size();
}

const IoTensor& ExecutionContext::io(int32_t index) const {
    if (!validIo(index)) failInvalid(cat("there is no input or output ", index));
    return engine_->plan().io[static_cast<size_t>(index)];
}

// --- profile and shapes ---

void ExecutionContext::shapesChanged() noexcept {
    resolved_ = false;
    executor_->deselect();
}

void ExecutionContext::forgetShapes() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
        const IoTensor& t = engine_->plan().io[i];
        inputs_[i] = {};
        if (!t.input || !allStatic(t.desc.dims)) continue;
        inputs_[i].dims = staticValues(t.desc.dims);
        inputs_[i].set = true;
    }
    shapesChanged();
}

void ExecutionContext::setProfile(int32_t profile) {
    int32_t count = engine_->plan().profileCount;
    if (profile < 0 || profile >= count)
        failInvalid(cat("profile ", profile, " does not exist: the engine has ", count,
                        count == 1 ? " profile" : " profiles"));
    if (profile != profile_ && strategy_ == MemoryStrategy::onProfileChange)
        allocateScratch(engine_->deviceMemory(profile));
    profile_ = profile;
    forgetShapes();
}

int32_t ExecutionContext::variant() const noexcept {
    if (resolved_) return static_cast<int32_t>(variant_);
    const auto& all = engine_->plan().variants;
    return static_cast<int32_t>(
        std::find_if(all.begin(), all.end(), [&](const auto& v) { return v.profile == profile_; }) -
        all.begin());
}

void ExecutionContext::setInputShape(int32_t index, const std::vector<int64_t>& dims) {
    io(index);
    InputState& in = inputs_[static_cast<size_t>(index)];
    if (in.set && in.dims == dims) return;
    checkInputShape(engine_->plan(), profile_, index, dims);
    in.dims = dims;
    in.set = true;
    shapesChanged();
}

std::vector<int64_t> ExecutionContext::shape(int32_t index) const {
    const IoTensor& t = io(index);
    const InputState& in = inputs_[static_cast<size_t>(index)];
    if (t.input) return in.set ? in.dims : evaluate(t.desc.dims, {});
    if (const auto* told = executor_->ioDims(index)) return *told;
    return evaluate(t.desc.dims, symbols());
}

std::vector<int64_t> ExecutionContext::strides(int32_t index) const {
    auto dims = shape(index);
    const Format& format = io(index).desc.format;
    bool unknown = std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; });
    return unknown || !format.inner.empty() ? std::vector<int64_t>() : format.stridesFor(dims);
}

Dim::Values ExecutionContext::symbols() const {
    if (resolved_ && executor_->selected()) return executor_->selected()->values;
    return knownValues(engine_->plan(), profile_, inputs_);
}

bool ExecutionContext::inputShapesSet() const noexcept {
    const auto& io = engine_->plan().io;
    for (size_t i = 0; i < io.size(); ++i)
        if (io[i].input && !inputs_[i].set) return false;
    return true;
}

bool ExecutionContext::inputValuesSet() const noexcept {
    const auto& io = engine_->plan().io;
    for (size_t i = 0; i < io.size(); ++i)
        if (io[i].input && io[i].shapeTensor && !addresses_[i]) return false;
    return true;
}

std::vector<int32_t> ExecutionContext::unspecified() const {
    std::vector<int32_t> missing;
    const auto& io = engine_->plan().io;
    for (size_t i = 0; i < io.size(); ++i)
        if (io[i].input && (!inputs_[i].set || (io[i].shapeTensor && !addresses_[i])))
            missing.push_back(static_cast<int32_t>(i));
    return missing;
}

int64_t ExecutionContext::valueCount(int32_t index) const noexcept {
    auto i = static_cast<size_t>(index);
    if (!engine_->plan().io[i].shapeTensor || !inputs_[i].set || !addresses_[i]) return 0;
    int64_t n = 1;
    for (int64_t d : inputs_[i].dims) n *= d;  // rank at most 1
    return n;
}

void ExecutionContext::readShapeInputs() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
        const IoTensor& t = engine_->plan().io[i];
        if (!t.input || !t.shapeTensor) continue;
        int64_t n = valueCount(static_cast<int32_t>(i));
        inputs_[i].values.resize(static_cast<size_t>(n));
        for (int64_t k = 0; k < n; ++k)
            inputs_[i].values[static_cast<size_t>(k)] = readInteger(t.desc.type, addresses_[i], k);
    }
}

bool ExecutionContext::shapeInputsChanged() const noexcept {
    for (size_t i = 0; i < inputs_.size(); ++i) {
        const IoTensor& t = engine_->plan().io[i];
        if (!t.input || !t.shapeTensor) continue;
        int64_t n = valueCount(static_cast<int32_t>(i));
        if (inputs_[i].values.size() != static_cast<size_t>(n)) return true;
        for (int64_t k = 0; k < n; ++k)
            if (inputs_[i].values[static_cast<size_t>(k)] !=
                readInteger(t.desc.type, addresses_[i], k))
                return true;
    }
    return false;
}

static std::string whatIsMissing(const IoTensor& t, bool shapeSet, int32_t profile) {
    if (shapeSet)
        return cat("shape input \"", t.name, "\" has no address: its values decide shapes");
    std::string range;
    if (static_cast<size_t>(profile) < t.profiles.size()) {
        const auto& p = t.profiles[static_cast<size_t>(profile)];
        range = cat("; profile ", profile, " allows ", text(toDims(p.min)), " to ",
                    text(toDims(p.max)));
    }
    return cat("input \"", t.name, "\" ", text(t.desc.dims),
               " has no shape: set it with setInputShape", range);
}

void ExecutionContext::resolveShapes() {
    auto missing = unspecified();
    if (!missing.empty()) {
        auto i = static_cast<size_t>(missing[0]);
        fail(ErrorCode::kINVALID_STATE,
             whatIsMissing(engine_->plan().io[i], inputs_[i].set, profile_));
    }
    readShapeInputs();
    Resolved r = resolve(engine_->plan(), profile_, inputs_);
    std::vector<int64_t> key;
    for (const InputState& in : inputs_) {
        key.insert(key.end(), in.dims.begin(), in.dims.end());
        key.insert(key.end(), in.values.begin(), in.values.end());
    }
    executor_->select(r.variant, std::move(key), std::move(r.values));
    variant_ = r.variant;
    resolved_ = true;
}

std::vector<int32_t> ExecutionContext::inferShapes() {
    auto missing = unspecified();
    if (missing.empty() && (!resolved_ || shapeInputsChanged())) resolveShapes();
    return missing;
}

int64_t ExecutionContext::maxOutputBytes(int32_t index) const {
    const IoTensor& t = io(index);
    plan::SymbolRanges ranges;
    for (size_t k = 0; k < engine_->plan().variants.size(); ++k) {
        const auto& v = engine_->plan().variants[k];
        if (v.profile != profile_ || (resolved_ && k != variant_)) continue;
        for (const auto& [symbol, range] : v.ranges) {
            auto [it, fresh] = ranges.try_emplace(symbol, range);
            if (!fresh)
                it->second = {std::min(it->second.min, range.min),
                              std::max(it->second.max, range.max)};
        }
    }
    for (const auto& [symbol, value] : symbols()) ranges[symbol] = {value, value};
    return plan::upperBytes(t.desc, ranges).value_or(-1);
}

// --- addresses ---

void ExecutionContext::setAddress(int32_t index, void* data) noexcept {
    if (validIo(index)) addresses_[static_cast<size_t>(index)] = data;
}

void* ExecutionContext::address(int32_t index) const noexcept {
    return validIo(index) ? addresses_[static_cast<size_t>(index)] : nullptr;
}

void ExecutionContext::setOutputAllocator(int32_t index, OutputAllocator* allocator) noexcept {
    if (validIo(index) && !engine_->plan().io[static_cast<size_t>(index)].input)
        allocators_[static_cast<size_t>(index)] = allocator;
}

OutputAllocator* ExecutionContext::outputAllocator(int32_t index) const noexcept {
    return validIo(index) ? allocators_[static_cast<size_t>(index)] : nullptr;
}

void ExecutionContext::checkAddresses() const {
    const auto& io = engine_->plan().io;
    // Kernels of a GPU move 16 bytes at once.
    uintptr_t alignment = engine_->device().properties().hostMemory ? 1 : 16;
    for (size_t i = 0; i < io.size(); ++i) {
        if (reinterpret_cast<uintptr_t>(addresses_[i]) % alignment != 0 && !io[i].shapeTensor)
            fail(ErrorCode::kINVALID_ARGUMENT,
                 cat("the address of \"", io[i].name, "\" is not a multiple of ", alignment,
                     " bytes, as memory of a GPU has to be"));
        if (addresses_[i] || allocators_[i]) continue;
        const auto& dims = inputs_[i].dims;
        if (io[i].input && std::find(dims.begin(), dims.end(), 0) != dims.end())
            continue;  // nothing to read
        fail(ErrorCode::kINVALID_STATE, cat(io[i].input ? "input \"" : "output \"", io[i].name,
                                            "\" has no address: set it with setTensorAddress"));
    }
}

// --- running ---

void ExecutionContext::prepare(void* nativeStream) {
    if (!stream_ || nativeStream != nativeStream_) {
        stream_ = engine_->device().wrapStream(nativeStream);
        nativeStream_ = nativeStream;
        if (!stream_) fail(ErrorCode::kFAILED_EXECUTION, "the stream cannot be used");
    }
    if (!resolved_ || shapeInputsChanged()) resolveShapes();
    checkAddresses();
    int64_t needed = engine_->plan().variants[variant_].scratchBytes();
    if (needed <= scratchSize_) return;
    fail(ErrorCode::kINVALID_STATE, cat("the execution context needs ", needed,
                                        " bytes of scratch, setDeviceMemory gave ", scratchSize_));
}

Status ExecutionContext::run() {
    RunArguments a;
    a.stream = stream_.get();
    a.nativeStream = nativeStream_;
    a.scratch = static_cast<uint8_t*>(scratch_);
    a.addresses = addresses_.data();
    a.allocators = allocators_.data();
    Status s = executor_->run(a);
    if (!s.ok() && executor_->failedStep()) failedLayer_ = executor_->failedStep()->name;
    if (s.ok() && profiler_ && emitsProfile_) reportToProfiler();
    return s;
}

Status ExecutionContext::enqueue(void* nativeStream) noexcept {
    failedLayer_.clear();
    try {
        ThreadCount threads(engine_->threads());
        prepare(nativeStream);
        return run();
    } catch (const Error& e) {
        message_ = e.message();
        failedLayer_ = e.layer();
        return {e.code(), message_.c_str()};
    } catch (const std::bad_alloc&) {
        return Status::failure(ErrorCode::kFAILED_ALLOCATION, "out of memory");
    } catch (const std::exception& e) {
        message_ = e.what();
        return {ErrorCode::kFAILED_EXECUTION, message_.c_str()};
    }
}

Status ExecutionContext::wait() noexcept {
    return stream_ ? stream_->synchronize() : Status::success();
}

const char* ExecutionContext::failedLayer() const noexcept { return failedLayer_.c_str(); }

// --- memory ---

void ExecutionContext::setUserMemory(void* memory, int64_t size) noexcept {
    if (strategy_ != MemoryStrategy::user) return;
    scratch_ = memory;
    scratchSize_ = memory ? size : 0;
}

int64_t ExecutionContext::memoryForShapes() {
    if (!resolved_ || shapeInputsChanged()) resolveShapes();
    return engine_->plan().variants[variant_].scratchBytes();
}

void ExecutionContext::setCacheEntries(size_t entries) noexcept {
    executor_->cacheEntries = entries;
}

// --- watching ---

void ExecutionContext::setProfiler(IProfiler* profiler) noexcept {
    profiler_ = profiler;
    executor_->profile = profiler != nullptr;
}

bool ExecutionContext::reportToProfiler() const noexcept {
    if (!profiler_ || executor_->times.empty()) return false;
    for (const auto& [step, ms] : executor_->times)
        profiler_->reportLayerTime(step->name.c_str(), ms);
    return true;
}

void ExecutionContext::setListener(StepListener* listener) noexcept {
    executor_->listener = listener;
}
void ExecutionContext::setDebugSync(bool sync) noexcept { executor_->debugSync = sync; }
bool ExecutionContext::debugSync() const noexcept { return executor_->debugSync; }

std::vector<std::pair<std::string, std::string>> ExecutionContext::implementations() const {
    return executor_->implementations();
}

}  // namespace bireme::runtime
