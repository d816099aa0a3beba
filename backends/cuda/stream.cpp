// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/stream.h"

#include "backends/cuda/device.h"
#ifdef BIREME_HAVE_CUDNN
#include "backends/cuda/driver/cudnn_api.h"
#endif

namespace bireme::cuda {

namespace {

class CudaGraph final : public device::ExecGraph {
public:
    explicit CudaGraph(CUgraphExec graph) : graph_(graph) {}
    ~CudaGraph() override { (void)cu().cuGraphExecDestroy(graph_); }
    Status launch(device::Stream& stream) noexcept override {
        if (Status s = cudaStream(stream).device().makeCurrent(); !s.ok()) return s;
        return BIREME_CU(cuGraphLaunch, graph_, cudaStream(stream).handle());
    }
    // False when the recorded sequence has another structure.
    bool update(CUgraph graph) noexcept {
        CUgraphExecUpdateResultInfo info{};
        return cu().cuGraphExecUpdate(graph_, graph, &info) == CUDA_SUCCESS;
    }

private:
    CUgraphExec graph_;
};

}  // namespace

CudaStream::CudaStream(CudaDevice& device, CUstream native, bool own)
    : device_(device), stream_(native), owned_(own) {
    orThrow(device.makeCurrent());
    if (own) BIREME_CU_OR_THROW(cuStreamCreate, &stream_, CU_STREAM_NON_BLOCKING);
}

CudaStream::~CudaStream() {
    if (!device_.makeCurrent().ok()) return;
#ifdef BIREME_HAVE_CUDNN
    if (cudnn_) (void)bireme::cuda::cudnn().cudnnDestroy(static_cast<cudnnHandle_t>(cudnn_));
#endif
    if (begin_) (void)cu().cuEventDestroy(begin_);
    if (end_) (void)cu().cuEventDestroy(end_);
    if (capture_) (void)cu().cuStreamDestroy(capture_);
    if (owned_) (void)cu().cuStreamDestroy(stream_);
}

void* CudaStream::cudnn(Status& status) noexcept {
#ifdef BIREME_HAVE_CUDNN
    auto& api = bireme::cuda::cudnn();
    if (!api.library.handle()) {
        status = Status::failure(ErrorCode::kFAILED_INITIALIZATION, "cuDNN is not there");
        return nullptr;
    }
    auto* h = static_cast<cudnnHandle_t>(cudnn_);
    if (!h) {
        status = statusOf(api.cudnnCreate(&h), "cudnnCreate");
        if (!status.ok()) return nullptr;
        cudnn_ = h;
        status = statusOf(api.cudnnSetStream(h, handle()), "cudnnSetStream");
    } else if (cudnnStream_ != handle()) {  // also tells that a library's kernel comes
        status = statusOf(api.cudnnSetStream(h, handle()), "cudnnSetStream");
    } else {
        status = Status::success();
    }
    cudnnStream_ = handle();
    return status.ok() ? cudnn_ : nullptr;
#else
    status = Status::failure(ErrorCode::kFAILED_INITIALIZATION, "built without cuDNN's headers");
    return nullptr;
#endif
}

Status CudaStream::synchronize() noexcept {
    if (Status s = device_.makeCurrent(); !s.ok()) return s;
    return BIREME_CU(cuStreamSynchronize, stream_);
}

bool CudaStream::isCapturing() const noexcept {
    if (!stream_ || !device_.makeCurrent().ok()) return false;
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    return cu().cuStreamIsCapturing(stream_, &status) == CUDA_SUCCESS &&
           status != CU_STREAM_CAPTURE_STATUS_NONE;
}

// Recorded on a stream of our own: the caller's may be the default stream, which records nothing.
Status CudaStream::beginCapture() noexcept {
    if (Status s = device_.makeCurrent(); !s.ok()) return s;
    if (!capture_)
        if (Status s = BIREME_CU(cuStreamCreate, &capture_, CU_STREAM_NON_BLOCKING); !s.ok())
            return s;
    Status s = BIREME_CU(cuStreamBeginCapture, capture_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    capturing_ = s.ok();
    followsOwn_ = false;
    return s;
}

Status CudaStream::endCapture(std::unique_ptr<device::ExecGraph>& graph) noexcept {
    capturing_ = followsOwn_ = false;
    CUgraph recorded = nullptr;
    if (Status s = BIREME_CU(cuStreamEndCapture, capture_, &recorded); !s.ok()) {
        // A stream whose capture was broken is of no use any more.
        (void)cu().cuStreamDestroy(capture_);
        capture_ = nullptr;
        return s;
    }
    Status s = Status::success();
    auto* old = static_cast<CudaGraph*>(graph.get());
    if (!old || !old->update(recorded)) {
        graph.reset();
        CUgraphExec exec = nullptr;
        s = BIREME_CU(cuGraphInstantiate, &exec, recorded, 0);
        if (s.ok()) graph.reset(new (std::nothrow) CudaGraph(exec));
        if (s.ok() && !graph)
            s = Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a graph");
    }
    (void)cu().cuGraphDestroy(recorded);
    return s;
}

Status CudaStream::beginTimer() noexcept {
    if (Status s = device_.makeCurrent(); !s.ok()) return s;
    for (CUevent* e : {&begin_, &end_})
        if (!*e)
            if (Status s = BIREME_CU(cuEventCreate, e, CU_EVENT_DEFAULT); !s.ok()) return s;
    return BIREME_CU(cuEventRecord, begin_, handle());
}

Status CudaStream::endTimer(float& milliseconds) noexcept {
    Status s = BIREME_CU(cuEventRecord, end_, handle());
    if (s.ok()) s = BIREME_CU(cuEventSynchronize, end_);
    if (s.ok()) s = BIREME_CU(cuEventElapsedTime, &milliseconds, begin_, end_);
    return s;
}

}  // namespace bireme::cuda
