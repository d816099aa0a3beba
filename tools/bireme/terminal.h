// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/config.h"
#include "bireme/logger.h"
#include "tools/bireme/options.h"

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

// A line that counts up while a build runs; silent where standard error is no terminal.
class TerminalProgress final : public IProgressMonitor {
public:
    void phaseStart(char const* phase, char const* parent, int32_t steps) noexcept override;
    bool stepComplete(char const* phase, int32_t step) noexcept override;
    void phaseFinish(char const* phase) noexcept override;

private:
    std::string phase_;
    int steps_ = 0, lastPercent_ = -1;
};

}  // namespace bireme::cli
