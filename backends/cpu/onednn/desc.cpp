// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/desc.h"

#include "base/text.h"

#include <oneapi/dnnl/dnnl_debug.h>
#include <cstdlib>
#include <map>

namespace bireme::cpu {

using dnnl::memory;

memory::data_type dnnlType(DataType type) {
    switch (type) {
        case DataType::kFLOAT: return memory::data_type::f32;
        case DataType::kHALF: return memory::data_type::f16;
        case DataType::kBF16: return memory::data_type::bf16;
        case DataType::kINT32: return memory::data_type::s32;
        case DataType::kINT8: return memory::data_type::s8;
        case DataType::kUINT8: return memory::data_type::u8;
        default: return memory::data_type::undef;
    }
}

memory::desc descOf(DataType type, const std::vector<int64_t>& dims, const Format& format) {
    return memory::desc(dims, dnnlType(type), format.stridesFor(dims));
}

memory::desc descOf(const device::TensorShape& t) { return descOf(t.type, t.dims, t.format); }

static const std::map<std::string, dnnl_format_tag_t>& tags() {
    static const auto* all = [] {
        auto* m = new std::map<std::string, dnnl_format_tag_t>;
        for (int i = dnnl_format_tag_any + 1; i < dnnl_format_tag_last; ++i) {
            auto tag = static_cast<dnnl_format_tag_t>(i);
            m->emplace(dnnl_fmt_tag2str(tag), tag);
        }
        return m;
    }();
    return *all;
}

// Letters of a tag's name before the first digit block: its rank is the number of different
// letters.
static int tagRank(const std::string& name) {
    int highest = -1;
    for (char c : name) {
        if (c >= '0' && c <= '9') continue;
        char lower = static_cast<char>(c | 0x20);
        highest = std::max(highest, lower - 'a');
    }
    return highest + 1;
}

std::string layoutText(const memory::desc& desc) {
    auto dims = desc.get_dims();
    std::vector<std::string> parts;
    for (auto d : dims) parts.push_back(std::to_string(d));
    for (const auto& [name, tag] : tags()) {
        if (tagRank(name) != static_cast<int>(dims.size())) continue;
        memory::desc candidate(dims, desc.get_data_type(), static_cast<memory::format_tag>(tag),
                               true);
        if (!candidate || candidate != desc) continue;
        return cat(dnnl_dt2str(static_cast<dnnl_data_type_t>(desc.get_data_type())), " ",
                   join(parts, "x"), " ", name);
    }
    return {};
}

memory::desc parseLayout(const std::string& text) {
    auto words = split(text, ' ');
    auto bad = [&]() { failInvalid(cat("cannot read \"", text, "\" as a packed layout")); };
    if (words.size() != 3) bad();
    memory::data_type type = memory::data_type::undef;
    for (auto t : {memory::data_type::f32, memory::data_type::bf16, memory::data_type::f16,
                   memory::data_type::s8})
        if (words[0] == dnnl_dt2str(static_cast<dnnl_data_type_t>(t))) type = t;
    memory::dims dims;
    for (const auto& d : split(words[1], 'x')) dims.push_back(std::strtoll(d.c_str(), nullptr, 10));
    auto tag = tags().find(words[2]);
    if (type == memory::data_type::undef || tag == tags().end()) bad();
    memory::desc desc(dims, type, static_cast<memory::format_tag>(tag->second), true);
    if (!desc) bad();
    return desc;
}

void reorder(const memory::desc& from, const void* source, const memory::desc& to, void* target) {
    guarded("packing", [&] {
        memory a(from, dnnlEngine(), const_cast<void*>(source)), b(to, dnnlEngine(), target);
        dnnl::reorder(a, b).execute(dnnlStream(), a, b);
        dnnlStream().wait();
    });
}

}  // namespace bireme::cpu
