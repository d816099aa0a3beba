// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>

#include "override.h"

namespace bireme::python {

namespace {

using Severity = ILogger::Severity;

struct PyILogger : ILogger {
    NB_TRAMPOLINE(ILogger);
    void log(Severity severity, const char* msg) noexcept override {
        fromPython("ILogger.log", 0, [&] {
            nb::object text = nb::steal(PyUnicode_DecodeUTF8(msg, std::strlen(msg), "replace"));
            callMethod(nb_trampoline, "log", severity, text);
            return 0;
        });
    }
};

// Prints `[month/day/year-time] [BIREME] [letter] text` on standard output, without the GIL.
class Logger : public ILogger {
public:
    explicit Logger(Severity minSeverity = Severity::kWARNING) : minSeverity_(minSeverity) {}

    void log(Severity severity, const char* msg) noexcept override {
        if (severity > minSeverity_) return;
        static constexpr char kLetters[] = {'F', 'E', 'W', 'I', 'V'};
        std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        std::tm local{};
        localtime_r(&now, &local);
        char stamp[32];
        std::strftime(stamp, sizeof stamp, "%m/%d/%Y-%H:%M:%S", &local);
        static std::mutex mutex;
        std::lock_guard<std::mutex> lock(mutex);
        std::printf("[%s] [BIREME] [%c] %s\n", stamp, kLetters[static_cast<int>(severity)], msg);
        std::fflush(stdout);
    }
    Severity minSeverity() const { return minSeverity_; }
    void setMinSeverity(Severity severity) { minSeverity_ = severity; }

private:
    Severity minSeverity_;
};

struct PyLogger : Logger {
    NB_TRAMPOLINE(Logger);
    void log(Severity severity, const char* msg) noexcept override {
        bool handled = fromPython("Logger.log", false, [&] {
            if (!overrides(nb_trampoline, "log")) return false;
            nb::object text = nb::steal(PyUnicode_DecodeUTF8(msg, std::strlen(msg), "replace"));
            callMethod(nb_trampoline, "log", severity, text);
            return true;
        });
        if (!handled) Logger::log(severity, msg);
    }
};

}  // namespace

void bindLogger(nb::module_& m) {
    nb::class_<ILogger, PyILogger> base(
        m, "ILogger", "Receives messages: subclass it and define log(self, severity, msg).");
    nb::enum_<Severity> severity(base, "Severity", nb::is_arithmetic());
    severity.value("INTERNAL_ERROR", Severity::kINTERNAL_ERROR)
        .value("ERROR", Severity::kERROR)
        .value("WARNING", Severity::kWARNING)
        .value("INFO", Severity::kINFO)
        .value("VERBOSE", Severity::kVERBOSE)
        .export_values();
    finishEnum(severity);
    base.def(nb::init<>()).def("log", &ILogger::log, "severity"_a, "msg"_a);

    nb::class_<Logger, ILogger, PyLogger> logger(m, "Logger",
                                                 "Prints messages on standard output.");
    logger.def(nb::init<Severity>(), "min_severity"_a = Severity::kWARNING)
        .def(
            "log", [](Logger& self, Severity s, const char* msg) { self.Logger::log(s, msg); },
            "severity"_a, "msg"_a)
        .def_prop_rw("min_severity", &Logger::minSeverity, &Logger::setMinSeverity);
    contextManager(logger);
}

}  // namespace bireme::python
