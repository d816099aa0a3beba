// SPDX-License-Identifier: Apache-2.0
// Loading of models and their constants, without a network.
#include "parsers/onnx/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "parsers/onnx/element.h"
#include "parsers/onnx/order.h"
#include "parsers/onnx/refusal.h"
#include "proto_writer.h"

namespace bireme::onnx_import {
namespace {

namespace fs = std::filesystem;
using test::Graph;
using test::Message;

std::string loadFault(const std::string& bytes) {
    try {
        Model::fromBytes(bytes.data(), bytes.size(), "");
    } catch (const Refusal& e) {
        EXPECT_EQ(e.code(), ErrorCode::kMODEL_DESERIALIZE_FAILED);
        return e.what();
    }
    return "";
}

std::string importFault(const Message& tensor, const std::string& folder = "") {
    const TensorProto proto = decodeTensor(tensor.data);
    ConstantPool pool{parsers::SideFiles(folder)};
    try {
        pool.import(proto);
    } catch (const Refusal& e) {
        return e.what();
    }
    return "";
}

Graph reluGraph() {
    return {{test::node("Relu", {"x"}, {"y"})},
            {},
            {test::info("x", {-1, 3})},
            {test::info("y", {-1, 3})}};
}

class Folder : public testing::Test {
protected:
    void SetUp() override {
        path =
            fs::temp_directory_path() / ("bireme_onnx_" + std::to_string(std::random_device{}()));
        fs::create_directories(path / "model");
    }
    void TearDown() override { fs::remove_all(path); }
    void write(const fs::path& name, const std::string& bytes) {
        std::ofstream(path / name, std::ios::binary) << bytes;
    }
    fs::path path;
};

TEST(OnnxModel, ReadsAModel) {
    const std::string bytes = test::model(reluGraph(), 13);
    const auto m = Model::fromBytes(bytes.data(), bytes.size(), "");
    EXPECT_EQ(m->graph().nodes.size(), 1U);
    EXPECT_EQ(m->graph().nodes[0].opType, "Relu");
    EXPECT_EQ(m->graph().inputs[0].dims[0].symbol, "n");
    EXPECT_EQ(m->graph().inputs[0].dims[1].value, 3);
    EXPECT_EQ(m->proto().opsets[0].version, 13);
    EXPECT_TRUE(m->warnings().empty());
}

TEST(OnnxModel, NamesDoNotLookIntoTheFile) {
    Graph g = reluGraph();
    g.initializers = {test::tensor("weight", 1, {2}, test::rawOf<float>({1, 2}))};
    std::string bytes = test::model(g);
    const ModelProto m = decodeModel(bytes);
    std::fill(bytes.begin(), bytes.end(), '?');
    EXPECT_EQ(m.graph->nodes[0].opType, "Relu");
    EXPECT_EQ(m.graph->nodes[0].inputs[0], "x");
    EXPECT_EQ(m.graph->inputs[0].dims[0].symbol, "n");
    EXPECT_EQ(m.graph->initializers[0].name, "weight");
    EXPECT_EQ(m.graph->initializers[0].raw, "????????");  // weights are not copied by decoding
}

TEST(OnnxModel, WarnsOfNewerVersions) {
    const std::string bytes = test::model(reluGraph(), 99, 99);
    const auto m = Model::fromBytes(bytes.data(), bytes.size(), "");
    EXPECT_EQ(m->warnings().size(), 2U);
}

TEST(OnnxModel, TellsForeignFormats) {
    using namespace std::string_literals;
    EXPECT_EQ(loadFault(""), "the given data is not an ONNX model: it is empty");
    EXPECT_NE(loadFault("PK\x03\x04 archive/data.pkl"s).find("PyTorch checkpoint"),
              std::string::npos);
    EXPECT_NE(loadFault("PK\x03\x04 something"s).find("zip archive"), std::string::npos);
    EXPECT_NE(loadFault(std::string(257, 'm') + "ustar" + std::string(250, 0)).find("tar archive"),
              std::string::npos);
    EXPECT_NE(loadFault("\x80\x02}q\x00"s).find("torch.onnx.export"), std::string::npos);
    EXPECT_NE(loadFault("<!DOCTYPE html><html>"s).find("HTML"), std::string::npos);
    EXPECT_NE(loadFault("  \n<html>"s).find("HTML"), std::string::npos);
    EXPECT_NE(loadFault("version https://git-lfs.github.com/spec/v1\n"s).find("git lfs pull"),
              std::string::npos);
    EXPECT_NE(loadFault("\x10\x00\x00\x00\x00\x00\x00\x00{\"weight\""s).find("safetensors"),
              std::string::npos);
}

TEST(OnnxModel, NamesWhatIsMissing) {
    EXPECT_NE(loadFault(Message{}.integer(1, 8).data).find("it has no graph"), std::string::npos);
    EXPECT_NE(loadFault(Message{}.message(7, Message{}).data).find("no operator set"),
              std::string::npos);
}

TEST(OnnxModel, EveryTruncationIsAnErrorOrAModel) {
    Graph g = reluGraph();
    g.initializers.push_back(test::tensor("w", 1, {2}, test::rawOf<float>({1, 2})));
    const std::string bytes = test::model(g);
    for (size_t n = 0; n < bytes.size(); ++n) loadFault(bytes.substr(0, n));
}

TEST(OnnxModel, EveryFlippedBitIsAnErrorOrAModel) {
    Graph g = reluGraph();
    g.initializers.push_back(test::tensor("w", 1, {2}, test::rawOf<float>({1, 2})));
    const std::string bytes = test::model(g);
    for (size_t i = 0; i < bytes.size() * 8; ++i) {
        std::string flipped = bytes;
        flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
        try {
            const auto m = Model::fromBytes(flipped.data(), flipped.size(), "");
            for (const TensorProto& t : m->graph().initializers) m->constants().import(t);
            orderNodes(m->graph().nodes, {});
        } catch (const Refusal&) {
        }
    }
}

TEST_F(Folder, FilesThatAreNoModels) {
    const auto fault = [](const fs::path& p) -> std::string {
        try {
            Model::fromFile(p.string());
        } catch (const Refusal& e) {
            return e.what();
        }
        return "";
    };
    write("empty.onnx", "");
    EXPECT_NE(fault(path / "absent.onnx").find("No such file"), std::string::npos);
    EXPECT_NE(fault(path / "empty.onnx").find("is empty"), std::string::npos);
    EXPECT_NE(fault(path / "model").find("is a folder"), std::string::npos);
    write("model/m.onnx", test::model(reluGraph()));
    EXPECT_EQ(fault(path / "model/m.onnx"), "");
}

TEST(OnnxConstant, TakesAlignedRawDataByReference) {
    std::vector<float> values{1, 2, 3, 4};
    TensorProto t;
    t.type = ElementType::kFloat;
    t.dims = {2, 2};
    t.raw = {reinterpret_cast<const char*>(values.data()), 16};
    ConstantPool pool{parsers::SideFiles("")};
    EXPECT_EQ(pool.import(t)->values, values.data());
    std::string shifted = "x" + std::string(t.raw);
    t.raw = std::string_view(shifted).substr(1);
    if (reinterpret_cast<uintptr_t>(t.raw.data()) % 4 != 0) {
        const Constant* c = pool.import(t);
        EXPECT_NE(c->values, static_cast<const void*>(t.raw.data()));
        EXPECT_EQ(static_cast<const float*>(c->values)[3], 4);
    }
}

TEST(OnnxConstant, ReadsTypedLists) {
    ConstantPool pool{parsers::SideFiles("")};
    Message floats;
    floats.integer(1, 2).integer(2, 1).real(4, 1.5F).real(4, -2);
    EXPECT_EQ(toReals(*pool.import(decodeTensor(floats.data))), (std::vector<double>{1.5, -2}));
    Message bytes;
    bytes.integer(1, 2).integer(2, 3).integer(5, -1).integer(5, 7);  // INT8 in int32_data
    EXPECT_EQ(toIntegers(*pool.import(decodeTensor(bytes.data))), (std::vector<int64_t>{-1, 7}));
    Message halves;
    halves.integer(1, 2).integer(2, 10).integer(5, 0x3C00).integer(5, 0xC000);  // FLOAT16 bits
    EXPECT_EQ(toReals(*pool.import(decodeTensor(halves.data))), (std::vector<double>{1, -2}));
    const Message doubles = test::tensor("d", 11, {1}, test::rawOf<double>({0.5}));
    const Constant* wide = pool.import(decodeTensor(doubles.data));
    EXPECT_EQ(wide->type, DataType::kDOUBLE);
    EXPECT_EQ(toReals(*wide)[0], 0.5);
}

TEST(OnnxConstant, RefusesInconsistentTensors) {
    EXPECT_NE(importFault(test::tensor("w", 1, {3}, "12345678")).find("need 12"),
              std::string::npos);
    EXPECT_NE(importFault(test::tensor("w", 1, {-1}, "")).find("negative extent -1"),
              std::string::npos);
    EXPECT_NE(importFault(test::tensor("w", 8, {1}, "a")).find("STRING"), std::string::npos);
    EXPECT_NE(importFault(test::tensor("w", 77, {1}, "a")).find("unknown"), std::string::npos);
    EXPECT_NE(importFault(test::tensor("w", 1, {1 << 30, 1 << 30, 1 << 30}, "")).find("too many"),
              std::string::npos);
    EXPECT_NE(
        importFault(test::tensor("w", 1, std::vector<int64_t>(9, 1), "1234")).find("most is 8"),
        std::string::npos);
    Message wide;
    wide.integer(1, 1).integer(2, 3).integer(5, 1000);
    EXPECT_NE(importFault(wide).find("out of its type"), std::string::npos);
    EXPECT_EQ(importFault(test::tensor("w", 1, {0, 1 << 30}, "")), "");
}

TEST(OnnxConstant, RoundsToHalf) {
    for (const double v : {0.0, 1.0, -2.5, 65504.0, 6.1e-5, 5.96e-8, 1.0009765625, 0.1}) {
        uint16_t h = 0;
        storeElement(&h, DataType::kHALF, 0, v);
        EXPECT_NEAR(loadReal(&h, DataType::kHALF, 0), v, std::abs(v) / 2048 + 3e-8) << v;
    }
    uint16_t h = 0;
    storeElement(&h, DataType::kHALF, 0, 1e6);
    EXPECT_EQ(h, 0x7C00);
    storeElement(&h, DataType::kBF16, 0, -1.5);
    EXPECT_EQ(loadReal(&h, DataType::kBF16, 0), -1.5);
}

Message external(const std::string& location, const std::string& offset = "0",
                 const std::string& length = "8") {
    Message m;
    m.integer(1, 2).integer(2, 1).bytes(8, "w").integer(14, 1);
    m.message(13, Message{}.bytes(1, "location").bytes(2, location));
    m.message(13, Message{}.bytes(1, "offset").bytes(2, offset));
    return m.message(13, Message{}.bytes(1, "length").bytes(2, length));
}

TEST_F(Folder, ExternalData) {
    const std::string folder = (path / "model").string();
    write("secret.bin", std::string(64, 's'));
    write("model/w.bin", std::string(16, '\0') + test::rawOf<float>({3, 4}));
    fs::create_symlink(path / "secret.bin", path / "model/link.bin");
    ConstantPool pool{parsers::SideFiles(folder)};
    EXPECT_EQ(toReals(*pool.import(decodeTensor(external("w.bin", "16").data))),
              (std::vector<double>{3, 4}));
    const auto has = [&](const Message& m, const char* text) {
        const std::string fault = importFault(m, folder);
        EXPECT_NE(fault.find(text), std::string::npos) << fault;
    };
    has(external("absent.bin"), "is missing");
    has(external("../secret.bin"), "outside its folder");
    has(external("sub/../../secret.bin"), "outside its folder");
    has(external("link.bin"), "outside its folder");
    has(external((path / "secret.bin").string()), "absolute path");
    has(external("w.bin", "20"), "which has 24");
    has(external("w.bin", "-1"), "no count of bytes");
    has(external("w.bin", "9223372036854775807", "9223372036854775807"), "which has 24");
    has(external("w.bin", "16", "4"), "need 8");
    has(external(""), "without a name");
    EXPECT_NE(importFault(external("w.bin")).find("without the path"), std::string::npos);
}

TEST(OnnxOrder, SortsAndFindsFaults) {
    const auto nodesOf = [](const std::vector<Message>& nodes) {
        return test::model({nodes, {}, {test::info("x", {1})}, {}});
    };
    const auto faults = [](const std::string& bytes) {
        const auto m = Model::fromBytes(bytes.data(), bytes.size(), "");
        std::string text;
        for (const auto& f : orderNodes(m->graph().nodes, {"x"}).faults) text += f.why + "\n";
        return text;
    };
    using test::node;
    const std::string swapped = nodesOf({node("Relu", {"a"}, {"b"}), node("Relu", {"x"}, {"a"})});
    const auto m = Model::fromBytes(swapped.data(), swapped.size(), "");
    EXPECT_EQ(orderNodes(m->graph().nodes, {"x"}).order, (std::vector<int>{1, 0}));
    EXPECT_NE(
        faults(nodesOf({node("Add", {"b", "x"}, {"a"}, "one"), node("Relu", {"a"}, {"b"}, "two")}))
            .find("the graph has a cycle: \"one\" <- \"two\""),
        std::string::npos);
    EXPECT_NE(faults(nodesOf({node("Relu", {"a"}, {"a"}, "self")})).find("cycle: \"self\""),
              std::string::npos);
    EXPECT_NE(
        faults(nodesOf({node("Relu", {"ghost"}, {"a"})})).find("\"ghost\" is made by no node"),
        std::string::npos);
    EXPECT_NE(faults(nodesOf({node("Relu", {"x"}, {"a"}), node("Relu", {"x"}, {"a"})}))
                  .find("made by node 0 too"),
              std::string::npos);
    EXPECT_NE(faults(nodesOf({node("Relu", {"x"}, {"x"})})).find("name of an input"),
              std::string::npos);
}

}  // namespace
}  // namespace bireme::onnx_import
