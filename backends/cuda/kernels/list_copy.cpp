// SPDX-License-Identifier: Apache-2.0
// Lists of tensors (ops/support/packed_list.h) on the GPU: the heads of lists and the positions are
// read back, which costs a wait or two, then elements are copied where they are; no code runs.
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/record.h"
#include "device/guarded.h"
#include "ops/list.h"
#include "ops/support/axis_view.h"
#include "ops/support/packed_list.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;
using ops::ListElement;

namespace {

constexpr const char* kOps[] = {"list_pack",   "list_insert", "list_erase", "list_at",
                                "list_length", "list_join",   "list_split"};

// `rows` rows of `bytes` bytes from an input to the result.
struct Piece {
    int input = 0;
    size_t from = 0, to = 0, bytes = 0;
    size_t rows = 1, fromPitch = 0, toPitch = 0;
};

// What a step makes: a head (or the whole of a length), and pieces behind it.
struct Made {
    std::vector<int64_t> dims;
    std::vector<uint8_t> head;
    std::vector<Piece> pieces;
};

size_t bytesOf(const device::TensorShape& s) { return bytesFor(s.type, product(s.dims)); }

Piece whole(int input, size_t from, size_t bytes) { return {input, from, 0, bytes}; }

// A list of elements, each made of one piece.
Made listOf(std::vector<ListElement> elements, std::vector<Piece> pieces) {
    Made m;
    size_t size = 0;
    m.head = ops::makeListHead(elements, size);
    for (size_t k = 0; k < elements.size(); ++k) pieces[k].to = elements[k].offset;
    m.dims = {static_cast<int64_t>(size)};
    m.pieces = std::move(pieces);
    return m;
}

size_t placeOf(int64_t at, size_t count) {
    const auto n = static_cast<int64_t>(count);
    const int64_t place = at < 0 ? at + n : at;
    if (place < 0 || place >= n) failInvalid(cat("position ", at, " in a list of ", n, " places"));
    return static_cast<size_t>(place);
}

// The operands of one run. `shapes` knows the elements of those that are read back.
struct Operands {
    const ir::Op& op;
    const Shapes& shapes;
    const EachShapes& each;
    const std::vector<ListElement>& list;  // of input 0, where that is a list

    const device::TensorShape& tensor(int k) const {
        return shapes.inputs[static_cast<size_t>(each.inputOf(k))];
    }
    ListElement element(int k) const {
        return {tensor(k).type, tensor(k).dims, 0, bytesOf(tensor(k))};
    }
    std::vector<Piece> pieces() const {
        std::vector<Piece> all;
        for (const ListElement& e : list) all.push_back(whole(each.inputOf(0), e.offset, e.size));
        return all;
    }
};

Made pack(const Operands& o) {
    std::vector<ListElement> elements;
    std::vector<Piece> pieces;
    for (int k = 0; o.each.has(k); ++k) {
        elements.push_back(o.element(k));
        pieces.push_back(whole(o.each.inputOf(k), 0, elements.back().size));
    }
    return listOf(std::move(elements), std::move(pieces));
}

Made insert(const Operands& o) {
    std::vector<ListElement> elements = o.list;
    std::vector<Piece> pieces = o.pieces();
    const size_t n = elements.size();
    // A negative position counts the elements that are there; n itself is the end.
    const int64_t at = o.each.has(2) ? o.each.list(2).at(0) : static_cast<int64_t>(n);
    const auto place = static_cast<std::ptrdiff_t>(placeOf(at, at < 0 ? n : n + 1));
    elements.insert(elements.begin() + place, o.element(1));
    pieces.insert(pieces.begin() + place, whole(o.each.inputOf(1), 0, bytesOf(o.tensor(1))));
    return listOf(std::move(elements), std::move(pieces));
}

Made erase(const Operands& o) {
    std::vector<ListElement> elements = o.list;
    std::vector<Piece> pieces = o.pieces();
    if (elements.empty()) failInvalid("nothing can be erased from an empty list");
    const size_t n = elements.size();
    const auto place =
        static_cast<std::ptrdiff_t>(o.each.has(1) ? placeOf(o.each.list(1).at(0), n) : n - 1);
    elements.erase(elements.begin() + place);
    pieces.erase(pieces.begin() + place);
    return listOf(std::move(elements), std::move(pieces));
}

Made at(const Operands& o) {
    const ListElement& e = o.list[placeOf(o.each.list(1).at(0), o.list.size())];
    const auto& promised = *o.op.as<ops::ListAt>();
    if (e.type != promised.type)
        failInvalid(cat("the element is of type ", bireme::name(e.type), ", ",
                        bireme::name(promised.type), " was promised"));
    return {e.dims, {}, {whole(o.each.inputOf(0), e.offset, e.size)}};
}

Made length(const Operands& o) {
    const auto n = static_cast<int64_t>(o.list.size());
    const auto* bytes = reinterpret_cast<const uint8_t*>(&n);
    return {{}, std::vector<uint8_t>(bytes, bytes + sizeof n), {}};
}

Made join(const Operands& o) {
    const auto& op = *o.op.as<ops::ListJoin>();
    std::vector<ListElement> elements = o.list;
    if (elements.empty()) failInvalid("an empty list cannot be joined");
    if (bits(op.type) < 8) failInvalid("elements below a byte cannot be joined");
    const auto axis =
        static_cast<size_t>(op.axis < 0 ? op.axis + static_cast<int64_t>(op.dims.size()) : op.axis);
    if (op.stack)  // one slice of the result
        for (ListElement& e : elements)
            e.dims.insert(
                e.dims.begin() + static_cast<std::ptrdiff_t>(std::min(axis, e.dims.size())), 1);
    Made m{elements[0].dims, {}, {}};
    if (m.dims.size() != op.dims.size())
        failInvalid(cat("an element of the list has rank ", m.dims.size(), ", the result ",
                        op.dims.size()));
    m.dims[axis] = 0;
    for (const ListElement& e : elements) {
        std::vector<int64_t> same = e.dims;
        same.resize(m.dims.size(), -1);
        m.dims[axis] += same[axis];
        same[axis] = m.dims[axis];
        if (e.type != op.type || e.dims.size() != m.dims.size() || same != m.dims)
            failInvalid(cat("element of ", bireme::name(e.type), text(toDims(e.dims)),
                            " cannot be joined to ", bireme::name(op.type), text(toDims(m.dims))));
    }
    const ops::AxisView view(m.dims, static_cast<int64_t>(axis));
    size_t before = 0;
    for (const ListElement& e : elements) {
        const size_t row = bytesFor(op.type, e.dims[axis] * view.inner);
        m.pieces.push_back({o.each.inputOf(0), e.offset, before, row,
                            static_cast<size_t>(view.outer), row,
                            bytesFor(op.type, view.extent * view.inner)});
        before += row;
    }
    return m;
}

// Extents along the axis of the parts that a tensor is split into.
std::vector<int64_t> partsOf(const Operands& o, int64_t extent) {
    if (!o.each.has(1)) return std::vector<int64_t>(static_cast<size_t>(extent), 1);
    std::vector<int64_t> given = o.each.list(1);
    if (o.each.in(1).empty()) {
        const int64_t size = given.at(0);
        if (size <= 0) failInvalid(cat("parts of ", size, " slices"));
        given.clear();
        for (int64_t left = extent; left > 0; left -= size) given.push_back(std::min(size, left));
    }
    int64_t total = 0;
    for (int64_t n : given) {
        if (n < 0 || n > extent) failInvalid(cat("a part of ", n, " slices of ", extent));
        total += n;
    }
    if (total != extent) failInvalid(cat("the parts have ", total, " slices, the tensor ", extent));
    return given;
}

Made splitUp(const Operands& o) {
    const auto& op = *o.op.as<ops::ListSplit>();
    const device::TensorShape& x = o.tensor(0);
    if (bits(x.type) < 8) failInvalid("elements below a byte cannot be split");
    const auto axis =
        static_cast<size_t>(op.axis < 0 ? op.axis + static_cast<int64_t>(x.dims.size()) : op.axis);
    const ops::AxisView view(x.dims, static_cast<int64_t>(axis));
    std::vector<ListElement> elements;
    std::vector<Piece> pieces;
    size_t before = 0;
    for (int64_t n : partsOf(o, view.extent)) {
        const size_t row = bytesFor(x.type, n * view.inner);
        ListElement e{x.type, x.dims, 0, row * static_cast<size_t>(view.outer)};
        if (o.each.has(1) || op.keepDims)
            e.dims[axis] = n;
        else
            e.dims.erase(e.dims.begin() + static_cast<std::ptrdiff_t>(axis));
        elements.push_back(std::move(e));
        pieces.push_back({o.each.inputOf(0), before, 0, row, static_cast<size_t>(view.outer),
                          bytesFor(x.type, view.extent * view.inner), row});
        before += row;
    }
    return listOf(std::move(elements), std::move(pieces));
}

Made make(const Operands& o) {
    const std::string_view name = o.op.name();
    if (name == "list_pack") return pack(o);
    if (name == "list_insert") return insert(o);
    if (name == "list_erase") return erase(o);
    if (name == "list_at") return at(o);
    if (name == "list_length") return length(o);
    if (name == "list_join") return join(o);
    return splitUp(o);
}

bool readsList(const ir::Op& op) { return op.name() != "list_pack" && op.name() != "list_split"; }

struct Record {
    ir::Op op;
    std::vector<int> operands;
};

class ListBound final : public device::Bound {
public:
    ListBound(const Record& r, CudaDevice& device, const Shapes& shapes,
              const std::vector<int>& numbers)
        : r_(r), device_(device), numbers_(shapes, numbers) {}

    // The extents are known only now: this kernel has to allocate, and may throw inside.
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        return device::guarded(message_, [&] {
            if (stream.isCapturing())
                fail(ErrorCode::kUNSUPPORTED_STATE,
                     "a step whose extents are data cannot be captured");
            numbers_.fetch(l, device_, stream);
            static const std::vector<int> results{0};
            const EachShapes each(numbers_.shapes(), r_.operands, results);
            std::vector<ListElement> list;
            if (readsList(r_.op)) list = fetchHead(l, each.inputOf(0), stream);
            const Made m = make({r_.op, numbers_.shapes(), each, list});
            return copy(m, l, stream);
        });
    }
    std::string implementation() const override { return "heads read back, elements copied"; }

private:
    std::vector<ListElement> fetchHead(const device::Launch& l, int input, device::Stream& stream) {
        constexpr size_t kAtOnce = 2048;  // of most lists the whole head
        const auto* from = static_cast<const uint8_t*>(l.inputs[input]);
        const size_t size = bytesOf(numbers_.shapes().inputs[static_cast<size_t>(input)]);
        std::vector<uint8_t> head(std::max(ops::kListStart, std::min(size, kAtOnce)));
        orThrow(device_.copy(head.data(), from, std::min(size, head.size()), stream));
        orThrow(stream.synchronize());
        std::string why;
        const size_t all = ops::listHeadBytes(head.data(), size, why);
        if (all > head.size()) {
            head.resize(all);
            orThrow(device_.copy(head.data(), from, all, stream));
            orThrow(stream.synchronize());
        }
        auto list = ops::readListHead(head.data(), size, why);
        if (!why.empty()) failInvalid(cat("input ", input, ": ", why));
        return list;
    }

    Status copy(const Made& m, const device::Launch& l, device::Stream& stream) {
        const auto& planned = numbers_.shapes().outputs.at(0);
        if (!std::equal(m.dims.begin(), m.dims.end(), planned.dims.begin(), planned.dims.end(),
                        [](int64_t found, int64_t told) { return told < 0 || found == told; }))
            failInvalid(cat("the operands give ", text(toDims(m.dims)), ", the shapes said ",
                            text(toDims(planned.dims))));
        auto* to = static_cast<uint8_t*>(l.outputs[0]);
        if (!to)
            to = static_cast<uint8_t*>(
                l.sink->resize(0, m.dims.data(), static_cast<int>(m.dims.size())));
        if (!to && product(m.dims) > 0)
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
        auto* const s = cudaStream(stream).handle();
        const auto target = reinterpret_cast<CUdeviceptr>(to);
        const size_t size = bytesFor(planned.type, product(m.dims));
        // Between elements lie zeros, so that equal lists have equal bytes.
        if (!m.head.empty() && size > m.head.size())
            orThrow(BIREME_CU(cuMemsetD8Async, target, 0, size, s));
        orThrow(device_.copy(to, m.head.data(), m.head.size(), stream));
        for (const Piece& p : m.pieces) {
            const auto from = reinterpret_cast<CUdeviceptr>(l.inputs[p.input]) + p.from;
            if (p.bytes == 0 || p.rows == 0) continue;
            if (p.rows == 1 || (p.fromPitch == p.bytes && p.toPitch == p.bytes)) {
                orThrow(BIREME_CU(cuMemcpyAsync, target + p.to, from, p.rows * p.bytes, s));
                continue;
            }
            CUDA_MEMCPY2D c{};
            c.srcMemoryType = c.dstMemoryType = CU_MEMORYTYPE_DEVICE;
            c.srcDevice = from, c.srcPitch = p.fromPitch;
            c.dstDevice = target + p.to, c.dstPitch = p.toPitch;
            c.WidthInBytes = p.bytes, c.Height = p.rows;
            orThrow(BIREME_CU(cuMemcpy2DAsync, &c, s));
        }
        return Status::success();
    }

    const Record& r_;
    CudaDevice& device_;
    ReadBack numbers_;
    std::string message_;
};

class ListKernel final : public device::Kernel {
public:
    ListKernel(Record r, device::Device& device) : r_(std::move(r)), device_(device) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        requireSizes(shapes);
        // Positions, and extents of parts; the tensors of a pack are not looked at.
        const size_t first = r_.op.name() == "list_insert" ? 2 : 1;
        std::vector<int> numbers;
        if (r_.op.name() != "list_pack")
            for (size_t k = first; k < r_.operands.size(); ++k)
                if (r_.operands[k] >= 0) numbers.push_back(r_.operands[k]);
        return std::make_unique<ListBound>(r_, static_cast<CudaDevice&>(device_), shapes, numbers);
    }
    void save(ByteWriter& out) const override {
        out.string(r_.op.name());
        const auto bytes = ir::attributeBytes(r_.op);
        out.varint(bytes.size());
        out.raw(bytes.data(), bytes.size());
        putInts(out, r_.operands);
    }
    bool recordable() const override { return false; }

private:
    Record r_;
    device::Device& device_;
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.list.copy"; }

    Support supports(const tactic::Query& q) const override {
        Record r;
        return read(q, r);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        Record r;
        if (Support s = read(q, r); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        return {std::make_unique<ListKernel>(std::move(r), q.device()), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Record r;
        const std::string op = in.string();
        const ir::OpDef* def = ir::OpRegistry::global().find(op);
        if (!def || std::find(std::begin(kOps), std::end(kOps), op) == std::end(kOps))
            in.corrupt(cat("\"", op, "\" is no op of lists"));
        r.op = ir::Op(*def);
        ByteReader part = in.sub(in.count());
        ir::readAttributes(r.op, part);
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        return std::make_unique<ListKernel>(std::move(r), device);
    }

private:
    static Support read(const tactic::Query& q, Record& r) {
        if (!q.group().single()) return no("the group has more than one node");
        if (q.device().properties().hostMemory) return no("the device is not a GPU");
        const ir::Node& node = q.body().node(q.body().order()[0]);
        if (std::find(std::begin(kOps), std::end(kOps), node.op.name()) == std::end(kOps))
            return no("the node is no op of lists");
        if (q.outputs() != 1) return no("more than one output");
        r.op = node.op;
        for (ir::ValueId v : node.inputs) {
            r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
            if (v != ir::kNoValue && r.operands.back() < 0)
                return no("an operand lies inside the group");
        }
        return yes();
    }
};

}  // namespace

void registerKernel_list_copy(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
