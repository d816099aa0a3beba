// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/session.h"

#include <cstdio>
#include <stdexcept>

namespace bireme::cli {

int runInspect(const Options& o) {
    Session session(o);
    std::unique_ptr<IEngineInspector> inspector(session.engine().createEngineInspector());
    if (!inspector) throw std::runtime_error(session.logger().errors());
    auto format = o.json ? LayerInformationFormat::kJSON : LayerInformationFormat::kONELINE;
    const char* text = o.optimizations ? inspector->getOptimizations(format)
                                       : inspector->getEngineInformation(format);
    if (!text) throw std::runtime_error(session.logger().errors());
    std::fputs(text, stdout);
    return 0;
}

}  // namespace bireme::cli
