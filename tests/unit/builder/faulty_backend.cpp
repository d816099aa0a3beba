// SPDX-License-Identifier: Apache-2.0
#include "faulty_backend.h"

#include "base/status.h"
#include "device/registry.h"
#include "tactic/factory.h"

#include <chrono>
#include <cstring>
#include <new>
#include <thread>

namespace bireme::test {

namespace {

Fault fault = Fault::none;
bool lost = false;
int launched = 0;
float clockMs = 0;

bool ownClock() { return fault == Fault::swings || fault == Fault::slow; }

void run(bool bad) {
    const bool slowed = clockMs >= 3 && static_cast<int>((clockMs - 3) / 60) % 2 == 0;
    if (fault == Fault::swings)
        clockMs += (bad ? 1.2F : 1) * (slowed ? 3.5F : 1);
    else
        clockMs += bad ? 5 : 1;
}

Status whenLost() {
    return lost ? Status::failure(ErrorCode::kFAILED_EXECUTION, "an earlier kernel broke it")
                : Status::success();
}

class FaultyBound final : public device::Bound {
public:
    FaultyBound(bool bad, bool large) : bad_(bad), large_(large) {}
    Status enqueue(device::Stream&, const device::Launch&) noexcept override {
        if (Status s = whenLost(); !s.ok()) return s;
        if (ownClock()) {
            launched += bad_ ? 1 : 0;
            run(bad_);
            return Status::success();
        }
        if (!bad_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return Status::success();
        }
        ++launched;
        if (fault == Fault::large && large_)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        if (fault == Fault::none || fault == Fault::large) return Status::success();
        if (fault == Fault::memory)
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "out of device memory");
        lost = fault == Fault::lost;
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "an illegal address");
    }

private:
    bool bad_, large_;
};

class FaultyKernel final : public device::Kernel {
public:
    explicit FaultyKernel(bool bad) : bad_(bad) {}
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return 0;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        int64_t elements = 1;
        for (int64_t d : shapes.inputs.at(0).dims) elements *= d;
        return std::make_unique<FaultyBound>(bad_, elements > 100);
    }
    void save(ByteWriter&) const override {}

private:
    bool bad_;
};

class FaultyFactory final : public tactic::KernelFactory {
public:
    explicit FaultyFactory(bool bad) : bad_(bad) {}
    std::string_view name() const override { return bad_ ? "faulty.bad" : "faulty.good"; }
    tactic::Support supports(const tactic::Query& q) const override {
        return q.group().isPointwise() && q.inputs() == 1 ? tactic::yes()
                                                          : tactic::no("not one pointwise input");
    }
    tactic::Created create(const tactic::Query&, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<FaultyKernel>(bad_);
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader&, device::Device&) const override {
        return std::make_unique<FaultyKernel>(bad_);
    }

private:
    bool bad_;
};

class FaultyStream final : public device::Stream {
public:
    Status synchronize() noexcept override { return whenLost(); }
    Status beginTimer() noexcept override {
        begin_ = clockMs;
        return Stream::beginTimer();
    }
    Status endTimer(float& milliseconds) noexcept override {
        Status s = Stream::endTimer(milliseconds);
        if (ownClock()) milliseconds = clockMs - begin_;
        return s;
    }

private:
    float begin_ = 0;
};

class FaultyDevice final : public device::Device {
public:
    FaultyDevice() { properties_.name = "faulty processor"; }
    const device::DeviceProperties& properties() const override { return properties_; }
    std::vector<std::pair<std::string, std::string>> fingerprint() const override {
        return {{"device", "faulty"}};
    }
    std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>&) const override {
        return {};
    }
    void* allocate(size_t size, size_t, device::Stream*) noexcept override {
        return lost ? nullptr : ::operator new(size, std::nothrow);
    }
    void deallocate(void* p, device::Stream*) noexcept override { ::operator delete(p); }
    Status copy(void* to, const void* from, size_t size, device::Stream&) noexcept override {
        if (Status s = whenLost(); !s.ok()) return s;
        std::memcpy(to, from, size);
        return Status::success();
    }
    std::unique_ptr<device::Stream> createStream() override {
        if (lost) fail(ErrorCode::kFAILED_EXECUTION, "the device is lost");
        return std::make_unique<FaultyStream>();
    }
    std::unique_ptr<device::Stream> wrapStream(void*) override { return createStream(); }

private:
    device::DeviceProperties properties_;
};

class FaultyBackend final : public device::Backend {
public:
    std::string_view name() const override { return "faulty"; }
    std::string version() const override { return "1"; }
    std::vector<device::Device*> devices() override { return {&device_}; }
    std::vector<const tactic::KernelFactory*> factories() const override { return {&bad_, &good_}; }
    std::unique_ptr<device::Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               device::Device& device) const override {
        return (kernel == bad_.name() ? bad_ : good_).load(in, device);
    }

private:
    FaultyDevice device_;
    FaultyFactory bad_{true}, good_{false};
};

}  // namespace

void setFault(Fault f) {
    static FaultyBackend* backend = nullptr;
    if (!backend) device::BackendRegistry::global().add(*(backend = new FaultyBackend));
    fault = f;
    lost = false;
    launched = 0;
    clockMs = 0;
}

int launches() { return launched; }

}  // namespace bireme::test
