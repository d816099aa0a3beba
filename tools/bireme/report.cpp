// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/report.h"

#include <string_view>

namespace bireme::cli {

static void fill(std::string& page, std::string_view mark, const std::string& text) {
    page.replace(page.find(mark), mark.size(), text);
}

// No name in the data may end the element that it stands in.
static std::string inElement(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    for (char c : json) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
}

std::string reportPage(const std::string& data) {
    const ReportSource& source = reportSource();
    std::string page = source.page;
    fill(page, "/*STYLE*/", source.style);
    fill(page, "/*SCRIPT*/", source.script);
    fill(page, "/*DATA*/", inElement(data));
    return page;
}

}  // namespace bireme::cli
