// SPDX-License-Identifier: Apache-2.0
#include "ir/origins.h"

#include "base/status.h"

#include <string_view>
#include <unordered_set>
#include <utility>

namespace bireme::ir {

// Names, or two parts one after the other.
struct Origins::Part {
    std::vector<std::string> names;
    std::shared_ptr<Part> first, second;

    Part(std::vector<std::string> all) : names(std::move(all)) {}
    Part(std::shared_ptr<Part> a, std::shared_ptr<Part> b)
        : first(std::move(a)), second(std::move(b)) {}
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    // Parts nest as deeply as there were steps: more than a stack of calls holds.
    ~Part() {
        std::vector<std::shared_ptr<Part>> left;
        auto take = [&](Part& p) {
            if (p.first) left.push_back(std::move(p.first));
            if (p.second) left.push_back(std::move(p.second));
        };
        take(*this);
        while (!left.empty()) {
            std::shared_ptr<Part> p = std::move(left.back());
            left.pop_back();
            if (p.use_count() == 1) take(*p);
        }
    }
};

Origins::Origins(std::vector<std::string> names) {
    if (!names.empty()) part_ = std::make_shared<Part>(std::move(names));
}

void Origins::add(const Origins& more) {
    if (more.empty() || part_ == more.part_) return;
    part_ = empty() ? more.part_ : std::make_shared<Part>(part_, more.part_);
}

const std::string& Origins::front() const {
    BIREME_ASSERT(!empty());
    const Part* p = part_.get();
    while (p->first) p = p->first.get();
    return p->names.front();
}

std::vector<std::string> Origins::list() const {
    if (empty()) return {};
    std::vector<std::string> all;
    std::unordered_set<std::string_view> known;
    std::unordered_set<const Part*> seen;  // shared parts, of which once is enough
    std::vector<const Part*> left{part_.get()};
    while (!left.empty()) {
        const Part* p = left.back();
        left.pop_back();
        if (!seen.insert(p).second) continue;
        for (const std::string& name : p->names)
            if (known.insert(name).second) all.push_back(name);
        if (p->second) left.push_back(p->second.get());
        if (p->first) left.push_back(p->first.get());
    }
    return all;
}

}  // namespace bireme::ir
