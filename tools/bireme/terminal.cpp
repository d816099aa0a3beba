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

static volatile sig_atomic_t interrupted = 0;

TerminalProgress::TerminalProgress(bool quiet) : shown_(!quiet && ::isatty(2) == 1) {
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &before_);
}

TerminalProgress::~TerminalProgress() { ::sigaction(SIGINT, &before_, nullptr); }

void TerminalProgress::throwIfInterrupted() {
    if (interrupted) throw Interrupted("interrupted: nothing was written");
}

void TerminalProgress::phaseStart(char const* phase, char const*, int32_t steps) noexcept {
    phase_ = phase;
    steps_ = steps;
    lastPercent_ = -1;
}

bool TerminalProgress::stepComplete(char const*, int32_t step) noexcept {
    int percent = steps_ > 0 ? 100 * step / steps_ : 0;
    if (shown_ && percent != lastPercent_)
        std::fprintf(stderr, "\r%-8s %3d %%", phase_.c_str(), lastPercent_ = percent);
    return interrupted == 0;
}

void TerminalProgress::phaseFinish(char const*) noexcept {
    if (shown_) std::fprintf(stderr, "\r%20s\r", "");
}

}  // namespace bireme::cli
