// SPDX-License-Identifier: Apache-2.0
#include "bireme/machine.h"

#include "base/env.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "bireme/version.h"
#include "device/registry.h"

#include <cstdlib>
#include <exception>
#include <string>

namespace bireme::api {

namespace {

using device::BackendRegistry;

std::string quoted(std::string_view s) {
    std::string out = "\"";
    for (char c : s) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
    return out + "\"";
}

// What a user does without when a backend cannot be loaded.
const char* costOf(const std::string& backend) {
    if (backend == "cuda") return "no GPU: engines are built for the CPU";
    if (backend == "cpu")
        return "no fast CPU kernels: everything runs on the slow reference backend";
    return "";
}

std::string asText() {
    std::string s = cat("bireme ", BIREME_VERSION, ", ", hardwareThreads(), " CPU cores usable\n");
    for (device::Backend* b : BackendRegistry::global().backends()) {
        s += cat("backend ", b->name(), " ", b->version(), "\n");
        for (device::Device* d : b->devices()) {
            const auto& p = d->properties();
            s += cat("  device ", p.index, ": ", p.name, ", ", p.cores, " cores, ",
                     humanBytes(p.memory), "\n");
            for (const auto& [k, v] : d->fingerprint()) s += cat("    ", k, ": ", v, "\n");
        }
        for (const auto& l : b->libraries())
            s += l.missing.empty() ? cat("  library ", l.name, " ", l.version, ": ", l.path, "\n")
                                   : cat("  library ", l.name, " is missing: ", l.missing, "\n");
    }
    for (const auto& m : BackendRegistry::global().missing())
        s += cat("missing ", m.name, ": ", m.reason,
                 *costOf(m.name) ? cat("\n  costs: ", costOf(m.name)) : "", "\n");
    for (const auto& e : envSwitches())
        if (std::getenv(e.name)) s += cat("environment ", e.name, "=", std::getenv(e.name), "\n");
    for (const auto& m : envMistakes()) s += m + "\n";
    return s;
}

std::string asJson() {
    std::string s = cat("{\"bireme\": ", quoted(BIREME_VERSION), ", \"cores\": ", hardwareThreads(),
                        ", \"backends\": [");
    bool first = true;
    for (device::Backend* b : BackendRegistry::global().backends()) {
        s += cat(first ? "" : ", ", "{\"name\": ", quoted(b->name()),
                 ", \"version\": ", quoted(b->version()), ", \"devices\": [");
        first = false;
        bool firstDevice = true;
        for (device::Device* d : b->devices()) {
            s += cat(firstDevice ? "" : ", ", "{\"name\": ", quoted(d->properties().name),
                     ", \"memory\": ", d->properties().memory);
            firstDevice = false;
            for (const auto& [k, v] : d->fingerprint()) s += cat(", ", quoted(k), ": ", quoted(v));
            s += "}";
        }
        s += "], \"libraries\": [";
        bool firstLibrary = true;
        for (const auto& l : b->libraries()) {
            s += cat(firstLibrary ? "" : ", ", "{\"name\": ", quoted(l.name),
                     ", \"version\": ", quoted(l.version), ", \"path\": ", quoted(l.path),
                     ", \"missing\": ", quoted(l.missing), "}");
            firstLibrary = false;
        }
        s += "]}";
    }
    s += "], \"missing\": [";
    first = true;
    for (const auto& m : BackendRegistry::global().missing()) {
        s += cat(first ? "" : ", ", "{\"name\": ", quoted(m.name),
                 ", \"reason\": ", quoted(m.reason), "}");
        first = false;
    }
    return s + "]}\n";
}

}  // namespace

}  // namespace bireme::api

namespace nvinfer1 {

char const* getMachineReport(LayerInformationFormat format) noexcept {
    thread_local std::string report;
    try {
        report =
            format == LayerInformationFormat::kJSON ? bireme::api::asJson() : bireme::api::asText();
    } catch (const std::exception& e) {
        report = e.what();
    }
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.InnerPointer): valid until the next call alone
    return report.c_str();
}

}  // namespace nvinfer1
