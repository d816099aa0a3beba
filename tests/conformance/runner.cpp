// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

#include "base/text.h"
#include "device/registry.h"
#include "ir/group.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "tactic/factory.h"
#include "tensor/convert.h"
#include "tests/conformance/gpu.h"
#include "tests/conformance/tensors.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace bireme::conformance {

namespace {

using device::Shapes;
using ir::GroupShape;
using ir::Tensor;

// The parsed case as one group, and its operands.
struct Problem {
    const Case& c;
    ir::Graph graph;
    ir::NodeId group = ir::kNoNode;
    std::map<std::string, DimRange, std::less<>> ranges;
    Dim::Values min, opt, max;

    explicit Problem(const Case& source) : c(source), graph(ir::parse(source.graph)) {
        ranges = graph.symbolRanges();
        for (const auto& [name, r] : ranges) {
            min[name] = r.min;
            max[name] = r.max;
            opt[name] = (r.min + r.max) / 2;
        }
        std::vector<ir::NodeId> all = graph.nodeIds();
        group =
            all.size() == 1 && ir::isGroup(graph.node(all[0])) ? all[0] : ir::makeGroup(graph, all);
    }
    const ir::Graph& body() const { return graph.node(group).bodies.at(0); }
    ir::ValueId operand(int i) const { return graph.node(group).inputs[static_cast<size_t>(i)]; }

    tactic::Query query(device::Device& device) const {
        tactic::Query q(body(), device);
        for (int i = 0; i < q.inputs(); ++i)
            if (graph.isConstant(operand(i))) q.setConstant(i, graph.value(operand(i)).constant);
        q.ranges = ranges;
        q.min = min, q.opt = opt, q.max = max;
        q.flags.threads = 2;
        q.flags.tf32 = c.tf32;
        q.flags.plainWeights = c.plainWeights;
        return q;
    }
};

// Inputs and expected outputs at one assignment of the symbols, in the order of the body.
struct Sample {
    std::vector<Tensor> inputs, outputs;
    std::vector<bool> known;

    Sample(const Problem& p, const Dim::Values& at, uint64_t seed) {
        std::mt19937_64 random(seed);
        const ir::Graph& body = p.body();
        for (size_t i = 0; i < body.inputs().size(); ++i) {
            const ir::Value& v = p.graph.value(p.operand(static_cast<int>(i)));
            std::vector<int64_t> dims;
            for (const Dim& d : v.desc.dims) dims.push_back(d.eval(at).value());
            bool given = p.c.values.count(v.name) > 0;
            known.push_back(given || v.constant);
            if (v.constant)
                inputs.push_back({v.desc.type, dims, v.constant});
            else if (given)
                inputs.push_back(integers(v.desc.type, dims, p.c.values.at(v.name)));
            else
                inputs.push_back(randomTensor(
                    v.desc.type, dims, {p.c.low, p.c.high, p.c.intLow, p.c.intHigh}, random));
        }
        outputs = ir::interpret(body, inputs);
    }
    static Tensor integers(DataType type, const std::vector<int64_t>& dims,
                           const std::vector<int64_t>& values) {
        std::vector<uint8_t> bytes(bytesFor(type, static_cast<int64_t>(values.size())));
        convertElements(DataType::kINT64, values.data(), type, bytes.data(),
                        static_cast<int64_t>(values.size()));
        return {type, dims, Blob::own(std::move(bytes))};
    }
};

// How operands lie in memory in one run.
struct Placement {
    int views = 0;  // operands are parts of larger buffers, aligned to so many elements
    int overwrites = -1;
};

// Host bytes where a kernel of the device can reach them: themselves, or a copy in its memory.
class Reachable {
public:
    Reachable(device::Device& d, device::Stream& s, std::vector<uint8_t>& host)
        : device_(d), stream_(s), host_(host) {
        if (d.properties().hostMemory) return;
        copy_ = d.allocate(host.size(), 256, nullptr);
        EXPECT_TRUE(copy_ != nullptr) << "no device memory";
        if (copy_) {
            EXPECT_TRUE(d.copy(copy_, host.data(), host.size(), s).ok());
        }
    }
    Reachable(Reachable&& o) noexcept
        : device_(o.device_), stream_(o.stream_), host_(o.host_), copy_(o.copy_) {
        o.copy_ = nullptr;
    }
    ~Reachable() {
        if (copy_) device_.deallocate(copy_, nullptr);
    }
    uint8_t* data() const { return copy_ ? static_cast<uint8_t*>(copy_) : host_.data(); }
    void fetch() {
        if (copy_) {
            EXPECT_TRUE(device_.copy(host_.data(), copy_, host_.size(), stream_).ok());
        }
    }

private:
    device::Device& device_;
    device::Stream& stream_;
    std::vector<uint8_t>& host_;
    void* copy_ = nullptr;
};

class Sink final : public device::OutputSink {
public:
    Sink(device::Device& d, device::Stream& s, size_t outputs)
        : tensors(outputs), bytes(outputs), device_(d), stream_(s), memory_(outputs) {}
    void* resize(int output, const int64_t* dims, int rank) noexcept override {
        auto o = static_cast<size_t>(output);
        tensors[o].assign(dims, dims + rank);
        bytes[o].resize(static_cast<size_t>(ir::elementCount(tensors[o])) * 8 + 1);
        memory_[o] = std::make_unique<Reachable>(device_, stream_, bytes[o]);
        return memory_[o]->data();
    }
    void fetch() {
        for (auto& m : memory_)
            if (m) m->fetch();
    }
    std::vector<std::vector<int64_t>> tensors;
    std::vector<std::vector<uint8_t>> bytes;

private:
    device::Device& device_;
    device::Stream& stream_;
    std::vector<std::unique_ptr<Reachable>> memory_;
};

// Results against the reference's, and nothing written around them.
void compare(const Problem& p, const Sample& s, std::vector<Buffer>& out, const Sink& sink,
             const device::Bound& bound) {
    for (size_t i = 0; i < out.size(); ++i) {
        Buffer& result = out[i];
        std::string where;
        Tensor got = sink.bytes[i].empty()
                         ? result.get()
                         : Tensor{s.outputs[i].type, sink.tensors[i], Blob::own(sink.bytes[i])};
        double d = difference(got, s.outputs[i], where);
        EXPECT_LE(d, p.c.exact ? 0.0 : p.c.tolerance)
            << "output " << i << ", " << where << ", by " << bound.implementation();
        EXPECT_TRUE(result.guardsIntact())
            << "output " << i << ": written outside of its buffer, by " << bound.implementation();
    }
}

// One kernel, one sample, one placement.
void launch(const Problem& p, const device::Kernel& kernel, const tactic::Created& made,
            const tactic::Query& q, const Sample& s, Placement placement) {
    Shapes shapes;
    std::vector<Buffer> in, out;
    auto consumed = [&](int i) {
        return std::find(made.consumed.begin(), made.consumed.end(), i) != made.consumed.end();
    };
    auto shapeOf = [&](const TensorDesc& d, const Tensor& t, bool plain) {
        device::TensorShape shape{d.type, t.dims, d.format, true};
        if (placement.views && !plain) shape.format = strided(d.format, t.dims, placement.views);
        return shape;
    };
    for (int i = 0; i < q.inputs(); ++i) {
        const Tensor& t = s.inputs[static_cast<size_t>(i)];
        shapes.inputs.push_back(shapeOf(q.in(i), t, q.constant(i) != nullptr));
        in.emplace_back(shapes.inputs.back());
        in.back().put(t);
    }
    for (int i = 0; i < q.outputs(); ++i) {
        shapes.outputs.push_back(shapeOf(q.out(i), s.outputs[static_cast<size_t>(i)], false));
        out.emplace_back(shapes.outputs.back());
    }
    if (placement.overwrites >= 0) out[0].putBytes(in[static_cast<size_t>(placement.overwrites)]);
    auto stream = q.device().createStream();
    std::vector<Reachable> inMemory, outMemory, constantMemory;
    std::vector<std::vector<uint8_t>> packed;
    for (auto& b : in) inMemory.emplace_back(q.device(), *stream, b.whole());
    for (auto& b : out) outMemory.emplace_back(q.device(), *stream, b.whole());
    for (const auto& k : made.constants)
        packed.emplace_back(k.bytes.data(), k.bytes.data() + k.bytes.size());
    for (auto& k : packed) constantMemory.emplace_back(q.device(), *stream, k);
    std::vector<const void*> inputs, constants;
    std::vector<void*> outputs;
    for (size_t i = 0; i < in.size(); ++i) {
        inputs.push_back(consumed(static_cast<int>(i)) ? nullptr
                                                       : inMemory[i].data() + Buffer::kGuard);
        shapes.hostInputs.push_back(
            s.known[i] && !isReal(s.inputs[i].type) ? s.inputs[i].bytes.data() : nullptr);
    }
    for (auto& o : outMemory) outputs.push_back(o.data() + Buffer::kGuard);
    for (auto& k : constantMemory) constants.push_back(k.data());
    shapes.constants = constants;
    if (placement.overwrites >= 0) inputs[static_cast<size_t>(placement.overwrites)] = outputs[0];

    device::ContextState context;
    auto bound = kernel.bind(shapes, context);
    std::vector<uint8_t> scratch(bound->workspace() + 256, 0xFF);
    Reachable workspace(q.device(), *stream, scratch);
    auto aligned = (reinterpret_cast<uintptr_t>(workspace.data()) + 63) / 64 * 64;
    Sink sink(q.device(), *stream, out.size());
    device::Launch l{inputs.data(), outputs.data(), constants.data(),
                     reinterpret_cast<void*>(aligned), &sink};
    Status status = bound->enqueue(*stream, l);
    if (status.ok()) status = stream->synchronize();
    ASSERT_TRUE(status.ok()) << status.message;
    for (auto& o : outMemory) o.fetch();
    sink.fetch();
    ASSERT_TRUE(stream->synchronize().ok());
    compare(p, s, out, sink, *bound);
}

std::string describe(const tactic::Combination& c, const tactic::Tactic& t) {
    std::string s = t.text() + " (";
    for (const auto& o : c.inputs) s += o.format.text() + " ";
    s += "->";
    for (const auto& o : c.outputs) s += " " + o.format.text();
    return s + ")";
}

// Libraries plan for the GPU they find; our own kernels compile for any.
bool isLibrary(std::string_view factory) {
    return factory.ends_with(".cudnn") || factory.ends_with(".cublaslt");
}

// Is a tactic left out? With BIREME_TEST_LIBRARIES=0 those that run a library's kernels are, so
// that tools which look into every launch see our own alone.
bool isLeftOut(std::string_view tactic) {
    static const char* const asked = std::getenv("BIREME_TEST_LIBRARIES");
    return asked && std::string_view(asked) == "0" &&
           (tactic.find("cudnn") != tactic.npos || tactic.find("cublaslt") != tactic.npos);
}

// The record of a library's kernel as another version of the library would have left it.
std::vector<uint8_t> ofOtherVersion(std::vector<uint8_t> record, const device::Backend& backend,
                                    std::string_view factory) {
    const char* library = factory.ends_with(".cudnn") ? "cuDNN" : "cuBLASLt";
    uint64_t version = 0;
    for (const auto& l : backend.libraries()) {
        if (l.name != library) continue;
        for (const auto& part : split(l.version, '.'))
            version = version * 100 + static_cast<uint64_t>(std::atoi(part.c_str()));
    }
    ByteWriter here, other;
    here.varint(version);
    other.varint(version - 1);
    const auto& from = here.bytes();
    auto at = std::find_end(record.begin(), record.end(), from.begin(), from.end());
    EXPECT_TRUE(at != record.end() && from.size() == other.size())
        << factory << " does not record version " << version;
    if (at != record.end()) std::copy(other.bytes().begin(), other.bytes().end(), at);
    return record;
}

// Numbers of the anchor's second operand, other than zeros, are those of the first packed constant.
void expectPlainWeights(const tactic::Query& q, const tactic::Created& made) {
    auto sorted = [](const Blob& b) {
        std::vector<float> all(b.as<float>(), b.as<float>() + b.size() / sizeof(float));
        std::erase(all, 0.f);
        std::sort(all.begin(), all.end());
        return all;
    };
    ASSERT_FALSE(made.constants.empty());
    EXPECT_EQ(sorted(made.constants[0].bytes), sorted(*q.constant(q.group().anchorInput(1))));
}

void runFactory(const Problem& p, device::Backend& backend, device::Device& device,
                const tactic::KernelFactory& f, const std::vector<Sample>& samples) {
    tactic::FormatList formats;
    f.formats(p.query(device), formats);
    EXPECT_FALSE(formats.empty()) << f.name() << " offers no formats";
    for (const auto& combination : formats) {
        tactic::Query q = p.query(device);
        q.choose(combination);
        const auto& must = p.c.mustRun;
        if (p.c.search && std::find(must.begin(), must.end(), f.name()) != must.end())
            q.flags.level = 5;
        tactic::TacticList tactics;
        f.tactics(q, tactics);
        for (const auto& t : tactics) {
            if (isLeftOut(t.text())) continue;
            SCOPED_TRACE(describe(combination, t));
            tactic::Created made = f.create(q, t);
            if (p.c.plainWeights && std::find(must.begin(), must.end(), f.name()) != must.end())
                expectPlainWeights(q, made);
            ByteWriter record;
            made.kernel->save(record);
            auto bytes = record.take();
            ByteReader reader(bytes.data(), bytes.size(), "kernel");
            auto loaded = backend.loadKernel(f.name(), reader, device);
            EXPECT_TRUE(reader.done()) << "load leaves " << reader.left() << " bytes";
            if (&device == &absentGpu(device.properties().architecture)) continue;
            made.kernel->workspaceBound(q.shapes(GroupShape::min), q.shapes(GroupShape::opt),
                                        q.shapes(GroupShape::max));
            for (const Sample& s : samples) {
                launch(p, *made.kernel, made, q, s, {});
                launch(p, *loaded, made, q, s, {});
                if (combination.acceptsViews)
                    launch(p, *loaded, made, q, s, {combination.viewAlignment, -1});
                if (combination.overwrites >= 0)
                    launch(p, *loaded, made, q, s, {0, combination.overwrites});
                if (testing::Test::HasFatalFailure()) return;
            }
            if (!isLibrary(f.name())) continue;
            bytes = ofOtherVersion(std::move(bytes), backend, f.name());
            ByteReader again(bytes.data(), bytes.size(), "kernel");
            launch(p, *backend.loadKernel(f.name(), again, device), made, q, samples[0], {});
        }
    }
}

bool canCompile(const device::Backend& backend) {
    for (const auto& l : backend.libraries())
        if (l.name == "NVRTC") return l.missing.empty();
    return false;
}

// Compute capabilities of BIREME_TEST_CC ("80,90"): kernels are compiled for these and nothing
// runs.
std::vector<int> askedCapabilities() {
    std::vector<int> out;
    const char* text = std::getenv("BIREME_TEST_CC");
    for (const auto& part : split(text ? text : "", ','))
        if (!part.empty()) out.push_back(std::atoi(part.c_str()));
    return out;
}

void compileOnly(const Problem& p, const std::vector<int>& capabilities) {
    device::Backend* cuda = device::BackendRegistry::global().find("cuda");
    if (!cuda || !canCompile(*cuda)) GTEST_SKIP() << "NVRTC is not here";
    for (int capability : capabilities) {
        SCOPED_TRACE(cat("sm_", capability));
        device::Device& device = absentGpu(capability);
        for (const auto* f : cuda->factories())
            if (!isLibrary(f->name()) && f->supports(p.query(device)).ok)
                runFactory(p, *cuda, device, *f, {});
    }
}

}  // namespace

void run(const Case& c) {
    Problem p(c);
    if (auto capabilities = askedCapabilities(); !capabilities.empty())
        return compileOnly(p, capabilities);
    std::vector<Sample> samples;
    samples.emplace_back(p, p.opt, 1);
    if (!p.ranges.empty()) {
        samples.emplace_back(p, p.min, 2);
        samples.emplace_back(p, p.max, 3);
    }
    std::set<std::string> ran, refused;
    for (device::Backend* backend : device::BackendRegistry::global().backends()) {
        std::vector<device::Device*> devices = backend->devices();
        bool absent = devices.empty() && backend->name() == "cuda" && canCompile(*backend);
        if (absent) devices.push_back(&absentGpu(c.name.size() % 2 ? 80 : 90));
        for (device::Device* device : devices)
            for (const auto* f : backend->factories()) {
                if (absent && isLibrary(f->name())) continue;
                tactic::Support s = f->supports(p.query(*device));
                if (!s.ok) {
                    EXPECT_FALSE(s.why.empty()) << f->name() << " refuses without a reason";
                    refused.insert(std::string(f->name()) + ": " + s.why);
                    continue;
                }
                ran.insert(std::string(f->name()));
                runFactory(p, *backend, *device, *f, samples);
            }
    }
    for (const std::string& name : c.mustRun) {
        if (!device::BackendRegistry::global().forKernel(name)) continue;
        std::string why;
        for (const auto& r : refused)
            if (r.rfind(name + ": ", 0) == 0) why = r;
        if (why.find("of compute capability 9.0 alone") != std::string::npos) continue;
        EXPECT_TRUE(ran.count(name)) << name << " did not take the case; " << why;
    }
}

}  // namespace bireme::conformance
