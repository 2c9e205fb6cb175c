#include "runner.h"

#include <cstdio>
#include <cstring>
#include <new>

#include "core_limits.h"
#include "esp_heap_caps.h"
#include "op_profiler.h"
#include "op_resolver.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

constexpr size_t kArenaMost = CORE_MOST_ARENA;
constexpr size_t kHeapLeft = 16 * 1024;  // for drivers and the logger
constexpr size_t kArenaLeast = 8 * 1024;

uint8_t* arena;
size_t arena_size;

OpProfiler profiler;
tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>* resolver;
alignas(tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>) uint8_t
    resolver_memory[sizeof(tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>)];
tflite::MicroInterpreter* interpreter;
alignas(tflite::MicroInterpreter) uint8_t interpreter_memory[sizeof(tflite::MicroInterpreter)];

uint8_t scores_output, logits_output, classes;
bool stateful;

// TFLite Micro says what is wrong with a model on stderr and returns only "failed". This keeps its words.
class StderrCapture {
 public:
  StderrCapture(char* text, size_t size) : text_(text), before_(stderr) {
    text[0] = '\0';
    file_ = fmemopen(text, size, "w");
    if (file_ != nullptr) {
      setvbuf(file_, nullptr, _IONBF, 0);
      stderr = file_;
    }
  }
  ~StderrCapture() {
    if (file_ != nullptr) {
      stderr = before_;
      fclose(file_);
    }
  }

 private:
  char* text_;
  FILE* before_;
  FILE* file_;
};

// The first line is the cause; what follows repeats it in other words.
void Explain(char* why, size_t why_size, const char* said, const char* otherwise) {
  const size_t line = strcspn(said, "\r\n");
  if (line == 0) {
    snprintf(why, why_size, "%s", otherwise);
  } else {
    snprintf(why, why_size, "%.*s", static_cast<int>(line), said);
  }
}

void Unload() {
  if (interpreter != nullptr) {
    interpreter->~MicroInterpreter();
    interpreter = nullptr;
  }
  profiler.Clear();
}

bool Fits(const TfLiteTensor* tensor, size_t bytes) {
  return tensor != nullptr && tensor->type == kTfLiteInt8 && tensor->bytes == bytes;
}

// Ops that remember keep what they remember in variable tensors.
bool Remembers(const tflite::Model* model) {
  for (const tflite::SubGraph* graph : *model->subgraphs()) {
    for (const tflite::Tensor* tensor : *graph->tensors()) {
      if (tensor->is_variable()) {
        return true;
      }
    }
  }
  return false;
}

// A model with an op that is not compiled in is refused before its registrations are set, and destroying the interpreter
// then looks at them: it must find zeros and not what an earlier model left there.
bool Allocate(const tflite::Model* model) {
  memset(arena, 0, arena_size);
  interpreter = new (interpreter_memory)
      tflite::MicroInterpreter(model, *resolver, arena, arena_size, nullptr, &profiler);
  return interpreter->AllocateTensors() == kTfLiteOk;
}

bool Prepare(const core_bundle* bundle, char* why, size_t why_size) {
  const tflite::Model* model = tflite::GetModel(bundle->model);
  flatbuffers::Verifier verifier(bundle->model, bundle->model_len);
  char said[200];

  if (!tflite::VerifyModelBuffer(verifier)) {
    snprintf(why, why_size, "the model is damaged: no valid flatbuffer");
    return false;
  }
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    snprintf(why, why_size, "the model has schema version %u, this firmware reads %d",
             static_cast<unsigned>(model->version()), TFLITE_SCHEMA_VERSION);
    return false;
  }
  bool allocated;
  {
    StderrCapture capture(said, sizeof said);
    allocated = Allocate(model);
  }
  if (!allocated) {
    unsigned missing;
    const char* where = strstr(said, "missing: ");
    if (where != nullptr && sscanf(where, "missing: %u", &missing) == 1) {
      snprintf(why, why_size, "the arena is too small: %u bytes, at least %u are needed",
               static_cast<unsigned>(arena_size), static_cast<unsigned>(arena_size) + missing);
    } else {
      Explain(why, why_size, said, "the model's tensors cannot be allocated");
    }
    return false;
  }
  const size_t cells = static_cast<size_t>(bundle->frames) * bundle->frontend.bands;
  const size_t outputs = interpreter->outputs_size();
  if (interpreter->inputs_size() != 1 || !Fits(interpreter->input(0), cells)) {
    snprintf(why, why_size, "the model's input is not int8 with %u cells", static_cast<unsigned>(cells));
    return false;
  }
  if (bundle->scores_output >= outputs || !Fits(interpreter->output(bundle->scores_output), bundle->classes) ||
      (bundle->has_logits && (bundle->logits_output >= outputs ||
                              !Fits(interpreter->output(bundle->logits_output), bundle->classes)))) {
    snprintf(why, why_size, "the model's outputs are not int8 with %u classes", bundle->classes);
    return false;
  }
  // Some kernels have been seen to differ on their first run only.
  memset(interpreter->input(0)->data.int8, 0, cells);
  if (interpreter->Invoke() != kTfLiteOk) {
    snprintf(why, why_size, "the model loads but does not run");
    return false;
  }
  stateful = Remembers(model);
  if (stateful) {  // the run above must leave no trace; a new interpreter is sure to hold nothing of the old one
    Unload();
    if (!Allocate(model)) {
      snprintf(why, why_size, "the model's tensors cannot be allocated a second time");
      return false;
    }
  }
  return true;
}

}  // namespace

bool runner_open(void) {
  const uint32_t caps = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;
  size_t largest = heap_caps_get_largest_free_block(caps);

  if (largest < kArenaLeast + kHeapLeft) {
    return false;
  }
  arena_size = largest - kHeapLeft < kArenaMost ? largest - kHeapLeft : kArenaMost;
  arena_size &= ~static_cast<size_t>(15);
  arena = static_cast<uint8_t*>(heap_caps_aligned_alloc(16, arena_size, caps));
  resolver = new (resolver_memory) tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>();
  return arena != nullptr && FIRMWARE_ADD_OPS(*resolver) == kTfLiteOk;
}

bool runner_load(void* context, const core_bundle* bundle, core_model_info* info, char* why, size_t why_size) {
  Unload();
  if (arena == nullptr) {
    snprintf(why, why_size, "there is no internal RAM for the tensor arena");
    return false;
  }
  if (!Prepare(bundle, why, why_size)) {
    Unload();
    return false;
  }
  scores_output = bundle->scores_output;
  logits_output = bundle->logits_output;
  classes = bundle->classes;
  info->input = interpreter->input(0)->data.int8;
  info->arena_size = arena_size;
  info->arena_used = interpreter->arena_used_bytes();
  info->stateful = stateful;
  return true;
}

bool runner_invoke(void* context, int8_t* scores, int8_t* logits, char* why, size_t why_size) {
  profiler.Clear();
  if (interpreter == nullptr || interpreter->Invoke() != kTfLiteOk) {
    snprintf(why, why_size, "TFLite Micro's Invoke failed");
    return false;
  }
  memcpy(scores, interpreter->output(scores_output)->data.int8, classes);
  if (logits != nullptr) {
    memcpy(logits, interpreter->output(logits_output)->data.int8, classes);
  }
  return true;
}

bool runner_profile(void* context, uint16_t index, core_op_profile* out) {
  if (index >= profiler.count()) {
    return false;
  }
  const OpProfiler::Op& op = profiler.op(index);
  *out = {op.tag, op.ticks, 1};
  return true;
}
