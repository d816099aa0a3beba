// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "api/run/engine.h"
#include "bireme/inspector.h"

#include <memory>
#include <string>

namespace bireme::api {

// Behind IEngineInspector. `text` is what it handed out last.
struct Inspector {
    Reporter reporter;
    std::shared_ptr<const runtime::Engine> engine;
    const IExecutionContext* context = nullptr;
    mutable std::string text;
};

IEngineInspector* makeInspector(const Engine& engine);

}  // namespace bireme::api
