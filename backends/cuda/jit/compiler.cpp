// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/jit/compiler.h"

#include "backends/cuda/driver/api.h"
#include "backends/cuda/jit/cache.h"
#include "backends/cuda/jit/sources.h"
#include "base/text.h"

#include <condition_variable>
#include <mutex>
#include <set>

namespace bireme::cuda {

namespace {

struct Headers {
    std::vector<std::string> texts, names;
    std::vector<const char*> textPointers, namePointers;
    std::string all;  // for the cache's key
    Headers() {
        for (const auto& s : deviceSources())
            if (s.name.ends_with(".cuh")) {
                texts.emplace_back(s.text);
                names.emplace_back(s.name);
                all += cat(s.name, "\n", s.text);
            }
        for (size_t i = 0; i < texts.size(); ++i) {
            textPointers.push_back(texts[i].c_str());
            namePointers.push_back(names[i].c_str());
        }
    }
};

const Headers& headers() {
    static const auto* h = new Headers;
    return *h;
}

class Program {
public:
    explicit Program(const DeviceProgram& p) : name_(p.name) {
        const Headers& h = headers();
        check(statusOf(
            nvrtc().nvrtcCreateProgram(&program_, p.source.c_str(), cat(p.name, ".cu").c_str(),
                                       static_cast<int>(h.texts.size()), h.textPointers.data(),
                                       h.namePointers.data()),
            "nvrtcCreateProgram"));
    }
    ~Program() { nvrtc().nvrtcDestroyProgram(&program_); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    Blob compile(const std::vector<std::string>& options) {
        std::vector<const char*> pointers;
        for (const auto& o : options) pointers.push_back(o.c_str());
        nvrtcResult r = nvrtc().nvrtcCompileProgram(program_, static_cast<int>(pointers.size()),
                                                    pointers.data());
        if (r != NVRTC_SUCCESS)
            fail(ErrorCode::kFAILED_EXECUTION, cat("NVRTC refused the kernel \"", name_, "\" (",
                                                   join(options, " "), "):\n", log()));
        size_t size = 0;
        check(statusOf(nvrtc().nvrtcGetCUBINSize(program_, &size), "nvrtcGetCUBINSize"));
        std::vector<uint8_t> bytes(size);
        check(statusOf(nvrtc().nvrtcGetCUBIN(program_, reinterpret_cast<char*>(bytes.data())),
                       "nvrtcGetCUBIN"));
        return Blob::own(std::move(bytes));
    }

private:
    void check(const Status& s) const {
        if (!s.ok()) fail(s.code, cat("kernel \"", name_, "\": ", s.message));
    }
    std::string log() {
        size_t size = 0;
        if (nvrtc().nvrtcGetProgramLogSize(program_, &size) != NVRTC_SUCCESS) return {};
        std::string text(size, '\0');
        nvrtc().nvrtcGetProgramLog(program_, text.data());
        return text.c_str();
    }

    std::string name_;
    nvrtcProgram program_ = nullptr;
};

// One thread compiles a program, others that want the same one wait for it.
class Turn {
public:
    explicit Turn(const Hash128& key) : key_(key) {
        std::unique_lock lock(shared().mutex);
        shared().changed.wait(lock, [&] { return shared().busy.count(key_) == 0; });
        shared().busy.insert(key_);
    }
    ~Turn() {
        {
            std::lock_guard lock(shared().mutex);
            shared().busy.erase(key_);
        }
        shared().changed.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        std::set<Hash128> busy;
    };
    static Shared& shared() {
        static auto* s = new Shared;
        return *s;
    }
    Hash128 key_;
};

}  // namespace

Blob compile(const DeviceProgram& program, int architecture) {
    NvrtcApi& api = nvrtc();
    if (!api.library.handle())
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("kernels for a GPU are compiled by NVRTC, which is not there: ",
                 api.library.why()));
    std::vector<std::string> options{
        cat("--gpu-architecture=sm_", architecture, architecture >= 90 ? "a" : ""), "--std=c++17",
        "-default-device", "--fmad=true"};
    options.insert(options.end(), program.options.begin(), program.options.end());
    Hash128 key = hash128(
        cat(program.source, "\n", headers().all, "\n", join(options, " "), "\n", api.version()));
    Turn turn(key);
    if (Blob known = findBinary(key)) return known;
    Blob made = Program(program).compile(options);
    keepBinary(key, made);
    return made;
}

DeviceProgram programOf(std::string_view file, std::vector<std::string> options) {
    return {std::string(file.substr(0, file.rfind('.'))), std::string(deviceSource(file)),
            std::move(options)};
}

}  // namespace bireme::cuda
