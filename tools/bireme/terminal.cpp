// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/terminal.h"

#include <unistd.h>
#include <cstdio>
#include <cstring>

namespace bireme::cli {

TerminalLogger::TerminalLogger(const Options& o) {
    if (o.quiet)
        level_ = Severity::kERROR;
    else if (o.verbose == "info")
        level_ = Severity::kINFO;
    else if (o.verbose == "tactics")
        level_ = Severity::kINFO, tactics_ = true;
    else if (!o.verbose.empty())
        level_ = Severity::kVERBOSE;
}

void TerminalLogger::log(Severity severity, char const* message) noexcept {
    if (severity <= Severity::kERROR) {
        errors_ += (errors_.empty() ? "" : "\n") + std::string(message);
        return;  // told once, by whoever gives up
    }
    bool tactic =
        tactics_ && (std::strncmp(message, "candidate ", 10) == 0 || std::strstr(message, " ms"));
    if (severity > level_ && !tactic) return;
    static const char* const names[] = {"", "", "warning: ", "", ""};
    std::fprintf(stderr, "%s%s\n", names[static_cast<int>(severity)], message);
}

static bool onTerminal() {
    static const bool yes = ::isatty(2) == 1;
    return yes;
}

void TerminalProgress::phaseStart(char const* phase, char const*, int32_t steps) noexcept {
    phase_ = phase;
    steps_ = steps;
    lastPercent_ = -1;
}

bool TerminalProgress::stepComplete(char const*, int32_t step) noexcept {
    int percent = steps_ > 0 ? 100 * step / steps_ : 0;
    if (onTerminal() && percent != lastPercent_)
        std::fprintf(stderr, "\r%-8s %3d %%", phase_.c_str(), lastPercent_ = percent);
    return true;
}

void TerminalProgress::phaseFinish(char const*) noexcept {
    if (onTerminal()) std::fprintf(stderr, "\r%20s\r", "");
}

}  // namespace bireme::cli
