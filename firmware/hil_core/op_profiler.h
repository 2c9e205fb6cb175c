/* Ticks per op of one inference, in twelve bytes an op: TFLite Micro's own profiler takes 80 KiB.
 *
 * TFLite Micro calls EndEvent after an op and before the index moves on: who knows the graph then knows which op it was,
 * and finds its outputs where they lie until the arena is used again. */
#ifndef ESP32_OP_PROFILER_H
#define ESP32_OP_PROFILER_H

#include <cstdint>

#include "esp_cpu.h"
#include "tensorflow/lite/micro/micro_interpreter_graph.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/schema/schema_generated.h"

// A build that is wrong on purpose, for tests of the host (docs/planted-faults.md): HIL_FAULT_ADD is added to a cell of
// what op HIL_FAULT_OP gives, and everything downstream follows.
#ifdef HIL_FAULT_OP
#ifndef HIL_FAULT_CELL
#define HIL_FAULT_CELL 0
#endif
#ifndef HIL_FAULT_ADD
#define HIL_FAULT_ADD 1
#endif
#endif

#ifdef TF_LITE_STRIP_ERROR_STRINGS
#error "TF_LITE_STRIP_ERROR_STRINGS removes the calls of the profiler: no time per op, no traces"
#endif

class OpProfiler : public tflite::MicroProfilerInterface {
 public:
  struct Op {
    const char* tag;  // nullptr: it did not run
    uint32_t ticks;
    uint32_t calls;
  };

  // Called at an op's end, with its time.
  class Watcher {
   public:
    virtual void OpEnded(int subgraph, int op, uint32_t ticks) = 0;

   protected:
    ~Watcher() = default;
  };

  // How many ops a model has, in all its subgraphs.
  static uint32_t OpsOf(const tflite::Model* model) { return FirstOf(model, model->subgraphs()->size()); }

  // ops: room for OpsOf(model), those of all subgraphs, subgraph after subgraph; nullptr: no profile is kept.
  // graph: nullptr: nothing runs any more.
  void Use(tflite::MicroInterpreterGraph* graph, const tflite::Model* model, Op* ops, uint32_t count) {
    graph_ = graph;
    model_ = model;
    ops_ = ops;
    count_ = ops == nullptr ? 0 : count;
    watcher_ = nullptr;
    Clear();
  }

  void Clear() {
    for (uint32_t i = 0; i < count_; i++) {
      ops_[i] = {nullptr, 0, 0};
    }
  }

  void Watch(Watcher* watcher) { watcher_ = watcher; }

  // The handle is the time of the beginning, which the caller keeps on its stack: events nest.
  uint32_t BeginEvent(const char* tag) override {
    return esp_cpu_get_cycle_count();
  }

  void EndEvent(uint32_t begun) override {
    const uint32_t ticks = esp_cpu_get_cycle_count() - begun;
    if (graph_ == nullptr) {
      return;
    }
    const int subgraph = graph_->GetCurrentSubgraphIndex(), op = graph_->GetCurrentOperatorIndex();
    if (count_ > 0) {
      Op& ended = ops_[FirstOf(model_, subgraph) + op];
      ended.tag = tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(
          graph_->GetAllocations()[subgraph].node_and_registrations[op].registration->builtin_code));
      ended.ticks += ticks;
      ended.calls++;
    }
#ifdef HIL_FAULT_OP
    if (subgraph == 0 && op == HIL_FAULT_OP) {
      const tflite::SubgraphAllocations& allocations = graph_->GetAllocations()[subgraph];
      const int output = allocations.node_and_registrations[op].node.outputs->data[0];
      allocations.tensors[output].data.int8[HIL_FAULT_CELL] += HIL_FAULT_ADD;
    }
#endif
    if (watcher_ != nullptr) {
      watcher_->OpEnded(subgraph, op, ticks);
    }
  }

  // The index-th op that ran; nullptr past the end.
  const Op* op(uint32_t index) const {
    for (uint32_t i = 0; i < count_; i++) {
      if (ops_[i].tag != nullptr && index-- == 0) {
        return &ops_[i];
      }
    }
    return nullptr;
  }

 private:
  static uint32_t FirstOf(const tflite::Model* model, uint32_t subgraph) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < subgraph; i++) {
      const auto* operators = model->subgraphs()->Get(i)->operators();
      count += operators == nullptr ? 0 : operators->size();
    }
    return count;
  }

  tflite::MicroInterpreterGraph* graph_ = nullptr;
  const tflite::Model* model_ = nullptr;
  Op* ops_ = nullptr;
  uint32_t count_ = 0;
  Watcher* watcher_ = nullptr;
};

#endif
