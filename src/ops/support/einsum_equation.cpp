// SPDX-License-Identifier: Apache-2.0
#include "ops/support/einsum_equation.h"

#include "base/status.h"
#include "base/text.h"

#include <algorithm>
#include <cctype>

namespace bireme::ops {

namespace {

constexpr char kEllipsis = '.';

// One side's term: labels, with one kEllipsis where "..." stood.
std::string readTerm(const std::string& equation, std::string_view term) {
    std::string labels;
    for (size_t i = 0; i < term.size(); ++i) {
        if (std::isalpha(static_cast<unsigned char>(term[i]))) {
            labels += term[i];
        } else if (term.substr(i, 3) == "..." && labels.find(kEllipsis) == std::string::npos) {
            labels += kEllipsis;
            i += 2;
        } else {
            failInvalid(cat("cannot read equation \"", equation, "\" at \"", term.substr(i), "\""));
        }
    }
    return labels;
}

std::string ellipsisLabels(int count) {
    std::string s;
    for (int i = count; i-- > 0;) s += static_cast<char>('0' + i);
    return s;
}

// Replaces the ellipsis by `count` labels.
std::string expand(std::string term, int count) {
    size_t at = term.find(kEllipsis);
    if (at != std::string::npos) term.replace(at, 1, ellipsisLabels(count));
    return term;
}

std::string implicitOutput(const std::vector<std::string>& operands, int ellipsis) {
    std::string once, all;
    for (const auto& o : operands) all += o;
    for (char c : all)
        if (std::isalpha(static_cast<unsigned char>(c)) &&
            std::count(all.begin(), all.end(), c) == 1)
            once += c;
    std::sort(once.begin(), once.end());
    return ellipsisLabels(ellipsis) + once;
}

void checkOutput(const EinsumEquation& e) {
    for (char c : e.output) {
        bool named = false;
        for (const auto& o : e.operands) named = named || o.find(c) != std::string::npos;
        if (!named || std::count(e.output.begin(), e.output.end(), c) > 1)
            failInvalid(cat("output label ", c, named ? " stands twice" : " is in no operand"));
    }
}

}  // namespace

EinsumEquation parseEinsum(const std::string& equation, const std::vector<int>& ranks) {
    std::string text;
    for (char c : equation)
        if (!std::isspace(static_cast<unsigned char>(c))) text += c;
    size_t arrow = text.find("->");
    auto terms = split(std::string_view(text).substr(0, arrow), ',');
    if (terms.size() != ranks.size())
        failInvalid(cat("the equation has ", terms.size(), " operands, the node ", ranks.size()));
    EinsumEquation e;
    int ellipsis = 0;
    for (size_t i = 0; i < terms.size(); ++i) {
        std::string labels = readTerm(equation, terms[i]);
        bool open = labels.find(kEllipsis) != std::string::npos;
        int named = static_cast<int>(labels.size()) - open, rest = ranks[i] - named;
        if (rest < 0 || rest > 9 || (rest > 0 && !open))
            failInvalid(
                cat("operand ", i, " has ", ranks[i], " dimensions, the equation names ", named));
        ellipsis = std::max(ellipsis, rest);
        e.operands.push_back(expand(labels, rest));
    }
    e.output = arrow == std::string::npos
                   ? implicitOutput(e.operands, ellipsis)
                   : expand(readTerm(equation, std::string_view(text).substr(arrow + 2)), ellipsis);
    checkOutput(e);
    for (const auto& o : e.operands)
        for (char c : o)
            if ((e.output + e.summed).find(c) == std::string::npos) e.summed += c;
    return e;
}

}  // namespace bireme::ops
