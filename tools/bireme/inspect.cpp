// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/session.h"

#include <cstdio>
#include <stdexcept>

namespace bireme::cli {

int runInspect(const Options& o) {
    Session session(o);
    std::unique_ptr<IEngineInspector> inspector(session.engine().createEngineInspector());
    if (!inspector) throw std::runtime_error(session.logger().errors());
    const char* text = inspector->getEngineInformation(o.json ? LayerInformationFormat::kJSON
                                                              : LayerInformationFormat::kONELINE);
    if (!text) throw std::runtime_error(session.logger().errors());
    std::fputs(text, stdout);
    return 0;
}

}  // namespace bireme::cli
