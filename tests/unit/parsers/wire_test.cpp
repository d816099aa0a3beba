// SPDX-License-Identifier: Apache-2.0
#include "parsers/protobuf/wire.h"

#include <gtest/gtest.h>

#include "proto_writer.h"

namespace bireme::protobuf {
namespace {

using test::Message;

constexpr Field kNumber{1, "M.number"};
constexpr Field kText{2, "M.text"};
constexpr Field kInner{3, "M.inner"};
constexpr Field kReal{4, "M.real"};
constexpr Field kDoubles{5, "M.doubles"};

std::string faultOf(const std::string& bytes, void (*read)(Reader&), Limits limits = {}) {
    Document document(bytes, limits);
    try {
        Reader r(document);
        while (r.next()) read(r);
    } catch (const Malformed& e) {
        return e.what();
    }
    return "";
}

void skipAll(Reader&) {}

TEST(Wire, ReadsEveryKind) {
    const std::string bytes = Message{}
                                  .integer(1, -5)
                                  .bytes(2, "abc")
                                  .real(4, 1.5F)
                                  .message(3, Message{}.integer(1, 7))
                                  .integer(99, 1)
                                  .data;
    Document document(bytes);
    Reader r(document);
    ASSERT_TRUE(r.next());
    EXPECT_EQ(r.integer(kNumber), -5);
    ASSERT_TRUE(r.next());
    const std::string_view text = r.text(kText);
    EXPECT_EQ(text, "abc");
    EXPECT_GE(text.data(), bytes.data());  // a view, not a copy
    EXPECT_LT(text.data(), bytes.data() + bytes.size());
    ASSERT_TRUE(r.next());
    EXPECT_EQ(r.real(kReal), 1.5F);
    ASSERT_TRUE(r.next());
    Reader inner = r.message(kInner);
    ASSERT_TRUE(inner.next());
    EXPECT_EQ(inner.integer(kNumber), 7);
    EXPECT_FALSE(inner.next());
    ASSERT_TRUE(r.next());
    EXPECT_EQ(r.number(), 99U);
    EXPECT_FALSE(r.next());
}

TEST(Wire, TextsStayWhereTheyAreKept) {
    Texts texts;
    std::vector<std::string> written;
    std::vector<std::string_view> kept;
    for (int i = 0; i < 100; ++i) {  // more than a block, and one longer than a block
        written.push_back(std::string(i == 50 ? 40000 : i * 10, static_cast<char>('0' + i % 10)));
        kept.push_back(texts.keep(written.back()));
    }
    for (size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i], written[i]) << i;
        EXPECT_TRUE(kept[i].empty() || kept[i].data() != written[i].data()) << i;
    }
}

TEST(Wire, ReadsPackedAndUnpackedNumbersAlike) {
    Message packed;
    packed.varint(3).varint(300);
    const std::string bytes = Message{}.integer(1, 1).bytes(1, packed.data).integer(1, 2).data;
    Document document(bytes);
    Reader r(document);
    std::vector<int64_t> values;
    while (r.next()) r.integers(kNumber, values);
    EXPECT_EQ(values, (std::vector<int64_t>{1, 3, 300, 2}));
}

TEST(Wire, EmptyInputIsAnEmptyMessage) { EXPECT_EQ(faultOf("", skipAll), ""); }

TEST(Wire, NamesTheFieldAndTheFault) {
    const auto text = [](Reader& r) { r.text(kText); };
    EXPECT_EQ(faultOf(std::string("\x12\x05"
                                  "ab"),
                      text),
              "M.text at byte 2: needs 5 bytes, 2 are left (file truncated?)");
    EXPECT_EQ(faultOf(Message{}.integer(2, 1).data, text),
              "M.text at byte 1: has the wrong wire type");
    EXPECT_EQ(faultOf(Message{}.bytes(2, std::string("a\0b", 3)).data, text),
              "M.text at byte 5: contains a zero byte");
    EXPECT_NE(faultOf(Message{}.bytes(2, std::string(5000, 'x')).data, text).find("4095"),
              std::string::npos);
}

TEST(Wire, RefusesBrokenTags) {
    EXPECT_NE(faultOf(std::string("\x80"), skipAll).find("ends inside a number"),
              std::string::npos);
    EXPECT_NE(faultOf(std::string(11, '\xff'), skipAll).find("more than ten bytes"),
              std::string::npos);
    EXPECT_NE(faultOf(std::string("\x02"), skipAll).find("out of range"), std::string::npos);
    EXPECT_NE(faultOf(std::string("\x0b"), skipAll).find("unknown wire type"), std::string::npos);
    EXPECT_NE(faultOf(Message{}.varint(uint64_t{1} << 60).data, skipAll).find("out of range"),
              std::string::npos);
}

TEST(Wire, RefusesHugeLengths) {
    std::string bytes("\x12");
    bytes += Message{}.varint(UINT64_MAX).data;
    EXPECT_NE(faultOf(bytes, skipAll).find("truncated"), std::string::npos);
}

TEST(Wire, RefusesOddSizesOfPackedNumbers) {
    const auto read = [](Reader& r) {
        std::vector<double> out;
        r.doubles(kDoubles, out);
    };
    EXPECT_NE(faultOf(Message{}.bytes(5, "123456789").data, read).find("whole count"),
              std::string::npos);
}

void descend(Reader& r) {
    Reader inner = r.message(kInner);
    while (inner.next()) descend(inner);
}

TEST(Wire, LimitsDepthAndCount) {
    Message deep;
    for (int i = 0; i < 200; ++i) deep = Message{}.message(3, deep);
    EXPECT_NE(faultOf(deep.data, descend).find("nested too deeply"), std::string::npos);
    Message wide;
    for (int i = 0; i < 20; ++i) wide.message(3, Message{});
    Limits few;
    few.maxMessages = 10;
    EXPECT_NE(faultOf(wide.data, descend, few).find("more than 10 messages"), std::string::npos);
    Limits numbers;
    numbers.maxElements = 2;
    const auto read = [](Reader& r) {
        std::vector<int64_t> out;
        r.integers(kNumber, out);
    };
    EXPECT_NE(faultOf(Message{}.bytes(1, "\1\2\3").data, read, numbers).find("more than 2 numbers"),
              std::string::npos);
}

TEST(Wire, RefusesNumbersThatDoNotFit) {
    const auto read = [](Reader& r) { r.integer32(kNumber); };
    EXPECT_NE(faultOf(Message{}.integer(1, int64_t{1} << 40).data, read).find("does not fit"),
              std::string::npos);
}

}  // namespace
}  // namespace bireme::protobuf
