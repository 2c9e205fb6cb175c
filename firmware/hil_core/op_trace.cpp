#include "op_trace.h"

#include "tensorflow/lite/micro/memory_helpers.h"

namespace {

constexpr int kHandle = 0, kValue = 1;  // inputs of ASSIGN_VARIABLE

uint32_t BytesOf(const TfLiteEvalTensor& eval) {
  size_t bytes = 0;
  return tflite::TfLiteEvalTensorByteLength(&eval, &bytes) == kTfLiteOk ? static_cast<uint32_t>(bytes) : 0;
}

}  // namespace

void OpTrace::Tell(core_trace_tensor tensor, const TfLiteEvalTensor& eval, const void* data) const {
  tensor.data = data;
  tensor.bytes = data == nullptr ? 0 : BytesOf(eval);
  tensor.modulo = static_cast<uint8_t>(reinterpret_cast<uintptr_t>(eval.data.data) & 15);
  take_(taker_, &tensor);
}

void OpTrace::OpEnded(int subgraph, int op, uint32_t ticks) {
  const tflite::SubgraphAllocations& allocations = graph_->GetAllocations()[subgraph];
  const TfLiteNode& node = allocations.node_and_registrations[op].node;
  const int code = static_cast<int>(allocations.node_and_registrations[op].registration->builtin_code);
  core_trace_tensor told = {};
  told.subgraph = static_cast<uint8_t>(subgraph);
  told.op = static_cast<uint16_t>(op);
  told.code = static_cast<uint16_t>(code);
  told.timed = true;
  told.ticks = ticks;
  for (int i = 0; node.outputs != nullptr && i < node.outputs->size; i++) {
    const int number = node.outputs->data[i];
    if (number >= 0 && allocations.tensors[number].type != kTfLiteResource) {
      told.role = static_cast<uint8_t>(i);
      told.tensor = static_cast<uint32_t>(number);
      Tell(told, allocations.tensors[number], allocations.tensors[number].data.data);
    }
  }
  const auto& tensors = *model_->subgraphs()->Get(subgraph)->tensors();
  for (int i = 0; node.inputs != nullptr && i < node.inputs->size; i++) {
    const int number = node.inputs->data[i];
    const bool assigned = code == tflite::BuiltinOperator_ASSIGN_VARIABLE && i == kValue;
    if (number < 0 || !(assigned || tensors.Get(number)->is_variable())) {
      continue;
    }
    TfLiteEvalTensor eval = allocations.tensors[number];
    const void* data = eval.data.data;
    if (assigned && variables_ != nullptr && scratch_ != nullptr) {
      eval.data.data = scratch_;
      const TfLiteEvalTensor& handle = allocations.tensors[node.inputs->data[kHandle]];
      data = variables_->Read(handle.data.i32[0], &eval) == kTfLiteOk ? scratch_ : data;
    }
    told.role = static_cast<uint8_t>(CORE_TRACE_WRITTEN + i);
    told.tensor = static_cast<uint32_t>(number);
    Tell(told, allocations.tensors[number], data);
  }
}

uint32_t OpTrace::LargestVariable(const tflite::Model* model, tflite::MicroInterpreterGraph* graph) {
  uint32_t largest = 0;
  for (uint32_t s = 0; s < model->subgraphs()->size(); s++) {
    const tflite::SubgraphAllocations& allocations = graph->GetAllocations()[s];
    const auto* operators = model->subgraphs()->Get(s)->operators();
    for (uint32_t op = 0; operators != nullptr && op < operators->size(); op++) {
      const tflite::NodeAndRegistration& each = allocations.node_and_registrations[op];
      if (each.registration->builtin_code == tflite::BuiltinOperator_ASSIGN_VARIABLE) {
        const uint32_t bytes = BytesOf(allocations.tensors[each.node.inputs->data[kValue]]);
        largest = bytes > largest ? bytes : largest;
      }
    }
  }
  return largest;
}
