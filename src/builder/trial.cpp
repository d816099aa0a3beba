// SPDX-License-Identifier: Apache-2.0
#include "builder/trial.h"

#include "base/status.h"
#include "tensor/convert.h"
#include "tensor/dim_likely.h"

#include <algorithm>
#include <map>
#include <string>

namespace bireme::builder {

class Trial::Sink final : public device::OutputSink {
public:
    explicit Sink(device::Device& d) : device_(d) {}
    void* resize(int output, const int64_t* dims, int rank) noexcept override {
        size_t n = 16;  // bytes of the widest element
        for (int i = 0; i < rank; ++i) n *= static_cast<size_t>(dims[i]);
        try {
            auto& held = held_[output];
            if (!held || held->size() < n) held = std::make_unique<DeviceBuffer>(device_, n);
            return held->get();
        } catch (const std::exception&) {
            return nullptr;
        }
    }

private:
    device::Device& device_;
    std::map<int, std::unique_ptr<DeviceBuffer>> held_;
};

namespace {

bool isOpen(const device::TensorShape& s) {
    return std::find(s.dims.begin(), s.dims.end(), -1) != s.dims.end();
}

// Extents that only running this group tells are open, as in an engine: its results on made-up
// inputs have whatever extents they have.
void openExtents(device::Shapes& shapes, const tactic::Query& query, const VariantJob& variant,
                 const ir::Node& group) {
    for (size_t i = 0; i < shapes.outputs.size(); ++i)
        for (size_t k = 0; k < shapes.outputs[i].dims.size(); ++k) {
            std::vector<std::string> symbols;
            query.out(static_cast<int>(i)).dims[k].collectSymbols(symbols);
            for (const std::string& s : symbols)
                if (definerOf(variant.graph, s) == group.id) shapes.outputs[i].dims[k] = -1;
        }
}

// Elements of a shape operand at the shapes that are tuned for: bounds of a slice must fit its
// input.
std::vector<uint8_t> knownBytes(const tactic::Query& query, size_t input, DataType type) {
    const auto& known = query.body().value(query.body().inputs()[input]).known;
    if (!known) return {};
    std::vector<int64_t> elements;
    for (const Dim& d : *known) {
        auto v = evalLikely(d, query.opt);
        if (!v) return {};
        elements.push_back(*v);
    }
    std::vector<uint8_t> bytes(bytesFor(type, static_cast<int64_t>(elements.size())));
    convertElements(DataType::kINT64, elements.data(), type, bytes.data(),
                    static_cast<int64_t>(elements.size()));
    return bytes;
}

}  // namespace

Trial::Trial(BuildJob& job, VariantJob& variant, const ir::Node& group, const tactic::Query& query,
             tactic::Created made, TimingMemory& memory, device::Stream& stream)
    : job_(job),
      memory_(memory),
      stream_(stream),
      made_(std::move(made)),
      shapes_(query.shapes(ir::GroupShape::opt)) {
    openExtents(shapes_, query, variant, group);
    memory_.restart();
    for (const auto& p : made_.constants) {
        shapes_.constants.push_back(keep(p.bytes.data(), p.bytes.size()));
        constantBytes_ += p.bytes.size();
    }
    made_.constants.clear();  // trials that stay ready do not hold them twice
    shapes_.hostInputs.resize(shapes_.inputs.size(), nullptr);
    for (size_t i = 0; i < shapes_.inputs.size(); ++i) placeInput(i, query);
    auto none = [](const auto& s) {
        return std::find(s.dims.begin(), s.dims.end(), 0) != s.dims.end();
    };
    empty_ = !shapes_.outputs.empty() &&
             std::all_of(shapes_.outputs.begin(), shapes_.outputs.end(), none);
    for (const auto& s : shapes_.outputs)
        out_.push_back(isOpen(s)
                           ? nullptr
                           : memory_.result(bytesFor(s.type, s.format.bufferElements(s.dims))));
    if (empty_) return;
    bound_ = made_.kernel->bind(shapes_, state_);
    if (!fits(job_.options.workspaceLimit)) return;
    sink_ = std::make_unique<Sink>(*job_.device);
    launch_ = {in_.data(), out_.data(), shapes_.constants.data(),
               memory_.result(bound_->workspace()), sink_.get()};
}

Trial::~Trial() = default;

void* Trial::keep(const void* bytes, size_t size) {
    lent_.push_back(memory_.lend(size));
    if (size) (void)job_.device->copy(lent_.back().get(), bytes, size, stream_);
    return lent_.back().get();
}

void Trial::placeInput(size_t i, const tactic::Query& query) {
    if (std::find(made_.consumed.begin(), made_.consumed.end(), static_cast<int>(i)) !=
        made_.consumed.end()) {
        in_.push_back(nullptr);
        return;
    }
    if (const Blob* constant = query.constant(static_cast<int>(i))) {
        in_.push_back(memory_.bytes(constant->data(), constant->size()));
        shapes_.hostInputs[i] = constant->data();
        return;
    }
    known_.push_back(knownBytes(query, i, shapes_.inputs[i].type));
    if (known_.back().empty()) {
        in_.push_back(memory_.operand(shapes_.inputs[i]));
        return;
    }
    in_.push_back(keep(known_.back().data(), known_.back().size()));
    shapes_.hostInputs[i] = known_.back().data();
}

void Trial::once() {
    Status s = enqueue();
    if (s.ok()) s = stream_.synchronize();
    if (!s.ok()) fail(s.code, s.message);
}

float Trial::timed() {
    float ms = 0;
    Status s = stream_.beginTimer();
    if (s.ok()) s = enqueue();
    if (s.ok()) s = stream_.endTimer(ms);
    if (!s.ok()) fail(s.code, s.message);
    return ms;
}

}  // namespace bireme::builder
