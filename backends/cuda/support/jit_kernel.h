// SPDX-License-Identifier: Apache-2.0
// The common part of kernels that are one file of device code and a record of numbers.
#pragma once

#include "backends/cuda/jit/compiler.h"
#include "backends/cuda/jit/module.h"
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/record.h"

#include <memory>
#include <string>
#include <vector>

namespace bireme::cuda {

// A Record has: void save(ByteWriter&) const; static Record load(ByteReader&);
// std::unique_ptr<device::Bound> bind(const Code&, const device::Shapes&) const.
template <typename Record>
class JitKernel final : public device::Kernel {
public:
    JitKernel(Code code, Record record) : code_(std::move(code)), record_(std::move(record)) {}
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return 0;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        requireSizes(shapes);
        return record_.bind(code_, shapes);
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        record_.save(out);
    }

private:
    Code code_;
    Record record_;
};

// What reading a query gives beside the record.
struct JitText {
    DeviceProgram program;
    std::vector<int> consumed;
};

// A factory whose tactic is a Record and a text; `read` says no with a reason, or fills both.
template <typename Record>
class JitFactory : public tactic::KernelFactory {
public:
    explicit JitFactory(const char* name) : name_(name) {}
    std::string_view name() const override { return name_; }
    virtual Support read(const tactic::Query& q, Record& record, JitText& text) const = 0;

    Support supports(const tactic::Query& q) const override {
        Record record;
        JitText text;
        return read(q, record, text);
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        Record record;
        JitText text;
        if (Support s = read(q, record, text); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        Code code(q.device(), compile(text.program, architectureOf(q)));
        return {std::make_unique<JitKernel<Record>>(std::move(code), std::move(record)),
                {},
                std::move(text.consumed)};
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }

private:
    const char* name_;
};

// A launch whose parameters are one struct: `place` fills its pointers before each launch.
template <typename Parameters, typename Place>
class LaunchBound final : public device::Bound {
public:
    LaunchBound(CUfunction f, Grid grid, const Parameters& p, Place place, std::string text)
        : function_(f), grid_(grid), parameters_(p), place_(place), text_(std::move(text)) {}
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (grid_.x == 0) return Status::success();  // nothing to compute
        place_(parameters_, l);
        return launch(stream, function_, grid_, &parameters_);
    }
    std::string implementation() const override { return text_; }

private:
    CUfunction function_;
    Grid grid_;
    Parameters parameters_;
    Place place_;
    std::string text_;
};

template <typename Parameters, typename Place>
std::unique_ptr<device::Bound> launchBound(CUfunction f, Grid grid, const Parameters& p,
                                           Place place, std::string text) {
    return std::make_unique<LaunchBound<Parameters, Place>>(f, grid, p, place, std::move(text));
}

// Where an operand starts, its offset in a larger buffer included.
inline const char* start(const void* p, const device::TensorShape& s) {
    return static_cast<const char*>(p) + s.format.offset * bits(s.type) / 8;
}

inline unsigned divideUp(int64_t n, int64_t by) { return static_cast<unsigned>((n + by - 1) / by); }

}  // namespace bireme::cuda
