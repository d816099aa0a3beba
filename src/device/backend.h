// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "base/status.h"
#include "bireme/types.h"
#include "device/kernel.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bireme::tactic {
class KernelFactory;
}

namespace bireme::device {

constexpr uint32_t kBackendApi = 4;  // changes with any change of this header or kernel.h

// A recorded sequence of launches; only devices that can capture make one.
class ExecGraph {
public:
    virtual ~ExecGraph() = default;
    virtual Status launch(Stream& stream) noexcept = 0;
};

// A queue of one device. A CPU stream runs everything at once on the calling thread.
class Stream {
public:
    virtual ~Stream() = default;
    virtual Status synchronize() noexcept = 0;
    virtual void* native() const noexcept { return nullptr; }
    virtual bool canCapture() const noexcept { return false; }
    virtual bool isCapturing() const noexcept { return false; }
    virtual Status beginCapture() noexcept {
        return Status::failure(ErrorCode::kUNSUPPORTED_STATE, "this device has no capture");
    }
    // Makes `graph` launch what was recorded; one that is there is changed in place where it can
    // be.
    virtual Status endCapture(std::unique_ptr<ExecGraph>& /*graph*/) noexcept {
        return Status::failure(ErrorCode::kUNSUPPORTED_STATE, "this device has no capture");
    }
    // What is enqueued between the two calls carries this name in the device's profilers.
    virtual void beginRange(const char* /*name*/) noexcept {}
    virtual void endRange() noexcept {}
    // Time of the work enqueued between the two calls, by the device's clock where it has one;
    // endTimer waits for that work.
    virtual Status beginTimer() noexcept {
        Status s = synchronize();
        timerBegin_ = std::chrono::steady_clock::now();
        return s;
    }
    virtual Status endTimer(float& milliseconds) noexcept {
        Status s = synchronize();
        milliseconds =
            std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - timerBegin_)
                .count();
        return s;
    }

private:
    std::chrono::steady_clock::time_point timerBegin_;
};

struct DeviceProperties {
    DeviceType type = DeviceType::kCPU;
    std::string name;  // "AMD EPYC 9655"
    int index = 0;
    size_t memory = 0;           // bytes
    int cores = 0;               // CPU cores, or multiprocessors
    int architecture = 0;        // of a GPU: 90 is compute capability 9.0
    bool hostMemory = true;      // pointers of this device are host pointers
    double copySpeed = 4e6;      // bytes read and written per millisecond, to weigh reformats by
    double convertSpeed = 16e6;  // the same where the type alone changes
    size_t coreCache = 1 << 20;  // bytes of what a CPU core keeps near for itself
    double launchMs = 0.004;     // what a step costs however little it does
};

class Device {
public:
    virtual ~Device() = default;
    virtual const DeviceProperties& properties() const = 0;
    // What decides whether an engine built here runs there, as name-value pairs ("isa" =
    // "avx512_core", ...); an engine is refused when the loading device's answer to compatible() is
    // a reason.
    virtual std::vector<std::pair<std::string, std::string>> fingerprint() const = 0;
    // Empty when an engine of that fingerprint may run here, else why not.
    virtual std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>& engine) const = 0;

    // What of an engine of that fingerprint is made again here, as a sentence for a warning; empty
    // when nothing is.
    virtual std::string madeAgain(
        const std::vector<std::pair<std::string, std::string>>& /*engine*/) const {
        return {};
    }

    virtual void* allocate(size_t size, size_t alignment,
                           Stream* stream) noexcept = 0;  // null when out of memory
    virtual void deallocate(void* p, Stream* stream) noexcept = 0;
    // Blocks when either side is pageable host memory.
    virtual Status copy(void* to, const void* from, size_t size, Stream& stream) noexcept = 0;
    virtual std::unique_ptr<Stream> createStream() = 0;
    virtual std::unique_ptr<Stream> wrapStream(
        void* native) = 0;  // borrows; null is the default stream
};

class Backend {
public:
    virtual ~Backend() = default;
    virtual std::string_view name() const = 0;   // "cpu"; the first word of its kernels' names
    virtual std::string version() const = 0;     // with the versions of its libraries
    virtual std::vector<Device*> devices() = 0;  // empty when the machine has none
    virtual std::vector<const tactic::KernelFactory*> factories() const = 0;
    // A foreign library that it opens at run time.
    struct LibraryInfo {
        std::string name, version, path;
        std::string missing;  // why it cannot be used, and what that costs; "" when it can
    };
    virtual std::vector<LibraryInfo> libraries() const { return {}; }
    // Why devices() is empty; "" when it is not.
    virtual std::string whyNoDevice() { return {}; }
    // Reads back what Kernel::save wrote; `kernel` is the factory's name. Throws Error.
    virtual std::unique_ptr<Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               Device& device) const = 0;
};

// Every backend's shared object exports `extern "C" bireme::device::Backend*
// bireme_backend(uint32_t api)`: null when it was built for another kBackendApi. The backend lives
// as long as the process.
using BackendEntry = Backend* (*)(uint32_t api);

}  // namespace bireme::device
