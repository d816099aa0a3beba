// SPDX-License-Identifier: Apache-2.0
// Lists of tensors, packed in one tensor of bytes, and assertions: what a GPU reads back.
#include "ops/support/packed_list.h"
#include "tests/conformance/runner.h"

namespace bireme::conformance {

namespace {

// f32[2,3], f32[1,3] and, if asked for, i64[4] as a list; its bytes as numbers.
std::vector<int64_t> listBytes(bool integers) {
    std::vector<ops::ListElement> elements{{DataType::kFLOAT, {2, 3}, 0, 24},
                                           {DataType::kFLOAT, {1, 3}, 0, 12}};
    if (integers) elements.push_back({DataType::kINT64, {4}, 0, 32});
    size_t size = 0;
    std::vector<uint8_t> bytes = ops::makeListHead(elements, size);
    bytes.resize(size, 0);
    for (const auto& e : elements)
        for (size_t i = 0; i < e.size; ++i)
            bytes[e.offset + i] = static_cast<uint8_t>(i % 4 == 3 ? 63 : 7 * i);  // no NaN
    return {bytes.begin(), bytes.end()};
}

Case listCase(const char* name, const char* result, bool integers = false,
              std::vector<int64_t> position = {}) {
    Case c;
    c.name = name;
    const auto bytes = listBytes(integers);
    c.graph = "graph g(%l: u8[" + std::to_string(bytes.size()) + "]";
    c.values = {{"l", bytes}};
    if (!position.empty()) {
        c.graph += ", %p: i64[]";
        c.values["p"] = std::move(position);
    }
    c.graph += std::string(") -> (%y) {\n    %y = ") + result + "\n}";
    c.mustRun = {"cuda.list.copy"};
    c.exact = true;
    return c;
}

Case tensorCase(const char* name, const char* graph) {
    return {.name = name, .graph = graph, .mustRun = {"cuda.list.copy"}, .exact = true};
}

}  // namespace

BIREME_CONFORMANCE(
    Lists, {tensorCase("packed",
                       "graph g(%a: f16[2,3], %b: i64[5], %c: bool[0]) -> (%y) {\n"
                       "    %y = list_pack(%a, %b, %c)\n}"),
            tensorCase("of_nothing", "graph g() -> (%y) {\n    %y = list_pack()\n}"),
            listCase("length", "list_length(%l)", true),
            listCase("at_the_back", "list_at(%l, %p) {type=i64, dims=[4]}", true, {-1}),
            listCase("at", "list_at(%l, %p) {type=f32, dims=[-1,3]}", true, {1}),
            listCase("without_the_first", "list_erase(%l, %p)", true, {0}),
            listCase("without_the_last", "list_erase(%l)", true),
            listCase("joined", "list_join(%l) {axis=0, type=f32, dims=[-1,3]}"),
            {.name = "inserted",
             .graph = "graph g(%l: u8[" + std::to_string(listBytes(true).size()) +
                      "], %x: i8[7], %p: i64[]) -> (%y) {\n    %y = list_insert(%l, %x, %p)\n}",
             .mustRun = {"cuda.list.copy"},
             .values = {{"l", listBytes(true)}, {"p", {-2}}},
             .exact = true},
            {.name = "appended",
             .graph = "graph g(%l: u8[" + std::to_string(listBytes(true).size()) +
                      "], %x: f32[2,2]) -> (%y) {\n    %y = list_insert(%l, %x)\n}",
             .mustRun = {"cuda.list.copy"},
             .values = {{"l", listBytes(true)}},
             .exact = true},
            tensorCase("slices",
                       "graph g(%x: i32[3,4,5]) -> (%y) {\n"
                       "    %y = list_split(%x) {axis=1, keepDims=false}\n}"),
            {.name = "parts",
             .graph = "graph g(%x: f16[3,6,5], %n: i64[3]) -> (%y) {\n"
                      "    %y = list_split(%x, %n) {axis=1}\n}",
             .mustRun = {"cuda.list.copy"},
             .values = {{"n", {1, 0, 5}}},
             .exact = true},
            {.name = "assertion_that_holds",
             .graph = "graph g(%c: bool[5]) -> () {\n    assertion(%c)\n}",
             .mustRun = {"cuda.assertion.read"},
             .values = {{"c", {1, 1, 1, 1, 1}}}},
            {.name = "parts_of_a_size",
             .graph = "graph g(%x: f32[7,2], %n: i64[]) -> (%y) {\n"
                      "    %y = list_split(%x, %n) {axis=0}\n}",
             .mustRun = {"cuda.list.copy"},
             .values = {{"n", {3}}},
             .exact = true}});

}  // namespace bireme::conformance
