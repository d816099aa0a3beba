// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ctrl-C ends a build: Python's signals are looked at between its steps.

#include <optional>
#include <utility>

#include "bindings.h"

namespace bireme::python {

// Stands before the monitor that the user has set, while a build runs in this thread.
class SignalMonitor final : public IProgressMonitor {
public:
    explicit SignalMonitor(IBuilderConfig& config)
        : config_(config), user_(config.getProgressMonitor()) {
        config_.setProgressMonitor(this);
    }
    ~SignalMonitor() override { config_.setProgressMonitor(user_); }
    SignalMonitor(const SignalMonitor&) = delete;
    SignalMonitor& operator=(const SignalMonitor&) = delete;

    void phaseStart(const char* name, const char* parent, int32_t steps) noexcept override {
        if (user_) user_->phaseStart(name, parent, steps);
    }
    bool stepComplete(const char* name, int32_t step) noexcept override {
        if (user_ && !user_->stepComplete(name, step)) return false;
        nb::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() == 0) return true;
        raised_.emplace();
        return false;
    }
    void phaseFinish(const char* name) noexcept override {
        if (user_) user_->phaseFinish(name);
    }
    // Needs the GIL.
    void rethrow() {
        if (raised_) throw nb::python_error(*std::exchange(raised_, std::nullopt));
    }

private:
    IBuilderConfig& config_;
    IProgressMonitor* user_;
    std::optional<nb::python_error> raised_;
};

// What `build` gives, without the GIL meanwhile; throws what a signal's handler raised, typically
// KeyboardInterrupt.
template <typename F>
auto interruptible(IBuilderConfig& config, F&& build) {
    SignalMonitor monitor(config);
    auto made = [&] {
        nb::gil_scoped_release unlocked;
        return build();
    }();
    monitor.rethrow();
    return made;
}

}  // namespace bireme::python
