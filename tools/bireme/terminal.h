// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/config.h"
#include "bireme/logger.h"
#include "tools/bireme/options.h"

#include <signal.h>
#include <stdexcept>
#include <string>

namespace bireme::cli {

// Messages to standard error, errors always, the rest as the options ask; keeps the errors for the
// final line.
class TerminalLogger final : public ILogger {
public:
    explicit TerminalLogger(const Options& o);
    void log(Severity severity, char const* message) noexcept override;
    const std::string& errors() const { return errors_; }

private:
    Severity level_ = Severity::kWARNING;
    bool tactics_ = false;
    std::string errors_;
};

// Ctrl-C while a build ran.
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A line that counts up while a build runs, where standard error is a terminal and nobody wants it
// quiet. Ctrl-C ends the build after its step; pressed again, the process.
class TerminalProgress final : public IProgressMonitor {
public:
    explicit TerminalProgress(bool quiet);
    ~TerminalProgress() override;
    TerminalProgress(const TerminalProgress&) = delete;
    TerminalProgress& operator=(const TerminalProgress&) = delete;
    static void throwIfInterrupted();
    void phaseStart(char const* phase, char const* parent, int32_t steps) noexcept override;
    bool stepComplete(char const* phase, int32_t step) noexcept override;
    void phaseFinish(char const* phase) noexcept override;

private:
    struct sigaction before_ = {};
    bool shown_;
    std::string phase_;
    int steps_ = 0, lastPercent_ = -1;
};

}  // namespace bireme::cli
