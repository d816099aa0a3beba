// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/options.h"

#include <unistd.h>
#include <cstdio>

namespace bireme::cli {

int runDemo(const Options& o) {
    std::vector<std::string> words = {o.python, "-m", "bireme.demo"};
    words.insert(words.end(), o.files.begin(), o.files.end());
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    std::fprintf(stderr, "bireme: cannot start %s; name an interpreter with --python\n",
                 o.python.c_str());
    return 1;
}

}  // namespace bireme::cli
