#include "runner.h"

#include <cstdio>
#include <cstring>
#include <new>

extern "C" {
#include "bundle/model_ends.h"
}
#include "core_limits.h"
#include "esp_heap_caps.h"
#include "op_profiler.h"
#include "op_trace.h"
#include "op_resolver.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

constexpr size_t kArenaMost = CORE_MOST_ARENA;
constexpr size_t kHeapLeft = 16 * 1024;  // for drivers and the logger
constexpr size_t kArenaLeast = 8 * 1024;   // in less TFLite Micro aborts instead of failing
constexpr size_t kSpare = 64;               // what alignment may take of an arena's rest
constexpr size_t kVariableBytes = 32;      // of TFLite Micro's own record of one

// What an op gives is known of the graph, which an interpreter keeps to itself and to those that derive from it.
class Interpreter : public tflite::MicroInterpreter {
 public:
  using MicroInterpreter::MicroInterpreter;
  tflite::MicroInterpreterGraph* graph() {
    return static_cast<tflite::MicroInterpreterGraph*>(&tflite::GetMicroContext(&context())->graph());
  }
};

// What a model remembers lies at the arena's end, with all else that lasts from run to run.
struct Kept {
  uint8_t* lasting;
  uint8_t* copy;  // nullptr: nothing is kept
  size_t bytes;
};

uint8_t* memory;  // the front end's part, then the arena
size_t memory_size;
uint8_t* arena;
size_t arena_size;

OpProfiler profiler;
tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>* resolver;
alignas(tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>) uint8_t
    resolver_memory[sizeof(tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>)];
Interpreter* interpreter;
alignas(Interpreter) uint8_t interpreter_memory[sizeof(Interpreter)];
const tflite::Model* loaded;
tflite::MicroAllocator* allocator;
tflite::MicroResourceVariables* variables;
size_t arena_used;
Kept kept;
uint8_t* scratch;  // for a variable, while a trace looks at it
uint8_t shift;     // of the arena, times 16 bytes

uint8_t scores_output, logits_output;
size_t output_bytes;
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

void TooSmall(char* why, size_t why_size, size_t needed) {
  snprintf(why, why_size, "the arena is too small: %u bytes, at least %u are needed",
           static_cast<unsigned>(arena_size), static_cast<unsigned>(needed));
}

void Unload() {
  if (interpreter != nullptr) {
    interpreter->~Interpreter();
    interpreter = nullptr;
  }
  profiler.Use(nullptr, nullptr, nullptr, 0);
  kept = {};
  scratch = nullptr;
  variables = nullptr;
}

constexpr const char* kTypeNames[MODEL_END_TYPES] = {"int8", "uint8", "int16"};

bool Fits(const TfLiteTensor* tensor, unsigned type, size_t bytes) {
  constexpr TfLiteType kTypes[MODEL_END_TYPES] = {kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
  return tensor != nullptr && tensor->type == kTypes[type] && tensor->bytes == bytes;
}

// How many resource variables a model has; each op that names one counts, so this is at least what is needed. The model
// is a valid flatbuffer and nothing else is known of it.
unsigned Variables(const tflite::Model* model) {
  unsigned count = 0;
  if (model->subgraphs() == nullptr || model->operator_codes() == nullptr) {
    return 0;
  }
  for (const tflite::SubGraph* graph : *model->subgraphs()) {
    if (graph->operators() == nullptr) {
      continue;
    }
    for (const tflite::Operator* op : *graph->operators()) {
      const uint32_t index = op->opcode_index();
      if (index < model->operator_codes()->size() &&
          model->operator_codes()->Get(index)->builtin_code() == tflite::BuiltinOperator_VAR_HANDLE) {
        count++;
      }
    }
  }
  return count;
}

// Ops that remember keep what they remember in variable tensors, or in resource variables.
bool Remembers(const tflite::Model* model) {
  if (Variables(model) > 0) {
    return true;
  }
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
  loaded = model;
  allocator = tflite::MicroAllocator::Create(arena, arena_size);
  if (allocator == nullptr) {
    return false;
  }
#if FIRMWARE_VARIABLES
  // The variables lie in the arena, so they are as new as the interpreter: MicroInterpreter::Reset() would fill them with
  // their zero points and never run the model's own initialisation again.
  const unsigned count = Variables(model);
  if (count > 0) {
    variables = tflite::MicroResourceVariables::Create(allocator, count);
    if (variables == nullptr) {
      return false;
    }
  }
#endif
  interpreter = new (interpreter_memory) Interpreter(model, *resolver, allocator, variables, &profiler);
  if (interpreter->AllocateTensors() != kTfLiteOk) {
    return false;
  }
  // Where the profile lies no tensor can: an arena that is full to the last bytes has none.
  arena_used = interpreter->arena_used_bytes();
  const uint32_t ops = OpProfiler::OpsOf(model);
  const size_t bytes = ops * sizeof(OpProfiler::Op);
  void* place = arena_size - arena_used > bytes + kSpare ? allocator->AllocatePersistentBuffer(bytes) : nullptr;
  profiler.Use(interpreter->graph(), model, static_cast<OpProfiler::Op*>(place), ops);
  return true;
}

bool EndsFit(const core_bundle* bundle, char* why, size_t why_size) {
  const size_t outputs = interpreter->outputs_size(), bytes = model_ends_output_bytes(bundle);
  const unsigned in = model_ends_input(bundle), out = model_ends_output(bundle);
  if (interpreter->inputs_size() != 1 || !Fits(interpreter->input(0), in, model_ends_input_bytes(bundle))) {
    snprintf(why, why_size, "the model's input is not %s with %u cells", kTypeNames[in],
             static_cast<unsigned>(bundle->frames) * bundle->frontend.bands);
    return false;
  }
  if (bundle->scores_output >= outputs || !Fits(interpreter->output(bundle->scores_output), out, bytes) ||
      (model_ends_logits(bundle) && (bundle->logits_output >= outputs ||
                                     !Fits(interpreter->output(bundle->logits_output), out, bytes)))) {
    snprintf(why, why_size, "the model's outputs are not %s with %u classes", kTypeNames[out], bundle->classes);
    return false;
  }
  return true;
}

// True: interpreter, with its tensors allocated.
bool Open(const uint8_t* bytes, uint32_t length, char* why, size_t why_size) {
  const tflite::Model* model = tflite::GetModel(bytes);
  flatbuffers::Verifier verifier(bytes, length);
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
  if (!FIRMWARE_VARIABLES && Variables(model) > 0) {
    snprintf(why, why_size, "the model keeps state in variables, which this firmware was built without");
    return false;
  }
  // Their records are the one allocation that TFLite Micro does not check.
  const size_t records = Variables(model) * kVariableBytes;
  if (records > arena_size - kArenaLeast) {
    TooSmall(why, why_size, kArenaLeast + records);
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
      TooSmall(why, why_size, arena_size + missing);
    } else {
      Explain(why, why_size, said, "the model's tensors cannot be allocated");
    }
    return false;
  }
  return true;
}

// True: there is an arena in which a model can be tried.
bool HasArena(char* why, size_t why_size) {
  if (arena == nullptr) {
    snprintf(why, why_size, "there is no internal RAM for the tensor arena");
    return false;
  }
  if (arena_size < kArenaLeast) {
    TooSmall(why, why_size, kArenaLeast);
    return false;
  }
  return true;
}

bool Prepare(const core_bundle* bundle, char* why, size_t why_size) {
  if (!Open(bundle->model, bundle->model_len, why, why_size) || !EndsFit(bundle, why, why_size)) {
    return false;
  }
  // Some kernels have been seen to differ on their first run only.
  memset(interpreter->input(0)->data.raw, 0, interpreter->input(0)->bytes);
  if (interpreter->Invoke() != kTfLiteOk) {
    snprintf(why, why_size, "the model loads but does not run");
    return false;
  }
  stateful = Remembers(loaded);
  if (stateful) {  // the run above must leave no trace; a new interpreter is sure to hold nothing of the old one
    Unload();
    if (!Allocate(loaded)) {
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
  memory_size = largest - kHeapLeft < kArenaMost ? largest - kHeapLeft : kArenaMost;
  memory_size &= ~static_cast<size_t>(15);
  memory = static_cast<uint8_t*>(heap_caps_aligned_alloc(16, memory_size, caps));
  resolver = new (resolver_memory) tflite::MicroMutableOpResolver<FIRMWARE_OP_COUNT>();
  return memory != nullptr && FIRMWARE_ADD_OPS(*resolver) == kTfLiteOk;
}

void* runner_frontend_memory(void* context, size_t bytes, char* why, size_t why_size) {
  const size_t taken = ((bytes + 15) & ~static_cast<size_t>(15)) + 16u * shift;

  Unload();
  arena = nullptr;
  if (memory == nullptr || taken > memory_size) {
    snprintf(why, why_size, "the front end needs %u bytes, this board has %u for it and the tensors",
             static_cast<unsigned>(bytes), static_cast<unsigned>(memory == nullptr ? 0 : memory_size));
    return nullptr;
  }
  arena = memory + taken;
  arena_size = memory_size - taken;
  return memory;
}

bool runner_load(void* context, const core_bundle* bundle, core_model_info* info, char* why, size_t why_size) {
  Unload();
  if (!HasArena(why, why_size)) {
    return false;
  }
  if (!Prepare(bundle, why, why_size)) {
    Unload();
    return false;
  }
  scores_output = bundle->scores_output;
  logits_output = bundle->logits_output;
  output_bytes = model_ends_output_bytes(bundle);
  info->input = interpreter->input(0)->data.raw;
  info->arena_size = arena_size;
  info->arena_used = arena_used;
  info->stateful = stateful;
  return true;
}

bool runner_invoke(void* context, int8_t* scores, int8_t* logits, char* why, size_t why_size) {
  profiler.Clear();
  if (interpreter == nullptr || interpreter->Invoke() != kTfLiteOk) {
    snprintf(why, why_size, "TFLite Micro's Invoke failed");
    return false;
  }
  memcpy(scores, interpreter->output(scores_output)->data.raw, output_bytes);
  if (logits != nullptr) {
    memcpy(logits, interpreter->output(logits_output)->data.raw, output_bytes);
  }
  return true;
}

bool runner_profile(void* context, uint16_t index, core_op_profile* out) {
  const OpProfiler::Op* op = profiler.op(index);
  if (op == nullptr) {
    return false;
  }
  *out = {op->tag, op->ticks, op->calls};
  return true;
}

bool runner_keep(void* context, uint32_t* needed, uint32_t* room) {
  if (interpreter == nullptr) {
    return false;
  }
  if (kept.copy == nullptr) {
    const size_t used = interpreter->arena_used_bytes() + kSpare;
    *room = used < arena_size ? arena_size - used : 0;
    *needed = kSpare;
    if (*room < *needed) {
      return false;
    }
    // The lowest place of what lasts: new allocations come before it.
    kept.lasting = static_cast<uint8_t*>(allocator->AllocatePersistentBuffer(1));
    kept.bytes = arena + arena_size - kept.lasting;
    *needed = kept.bytes + kSpare;
    kept.copy = *room < *needed ? nullptr : static_cast<uint8_t*>(allocator->AllocatePersistentBuffer(kept.bytes));
  }
  if (kept.copy == nullptr) {
    return false;
  }
  memcpy(kept.copy, kept.lasting, kept.bytes);
  return true;
}

bool runner_trace(void* context, core_trace_take take, void* taker, char* why, size_t why_size) {
  if (interpreter == nullptr) {
    snprintf(why, why_size, "no model is loaded");
    return false;
  }
  if (variables != nullptr && scratch == nullptr) {
    const size_t bytes = OpTrace::LargestVariable(loaded, interpreter->graph());
    if (interpreter->arena_used_bytes() + bytes + kSpare < arena_size) {
      scratch = static_cast<uint8_t*>(allocator->AllocatePersistentBuffer(bytes));
    }
  }
  if (kept.copy != nullptr) {
    memcpy(kept.lasting, kept.copy, kept.bytes);
  }
  profiler.Clear();
  OpTrace trace(interpreter->graph(), loaded, variables, scratch, take, taker);
  profiler.Watch(&trace);
  const bool well = interpreter->Invoke() == kTfLiteOk;
  profiler.Watch(nullptr);
  if (!well) {
    snprintf(why, why_size, "TFLite Micro's Invoke failed");
  }
  return well;
}

bool runner_tensor(void* context, bool output, uint16_t index, void** data, uint32_t* bytes) {
  if (interpreter == nullptr || index >= (output ? interpreter->outputs_size() : interpreter->inputs_size())) {
    return false;
  }
  const TfLiteTensor* tensor = output ? interpreter->output(index) : interpreter->input(index);
  if (tensor == nullptr) {
    return false;
  }
  *data = tensor->data.raw;
  *bytes = tensor->bytes;
  return true;
}

bool runner_open_case(void* context, const uint8_t* model, uint32_t length, core_case* info, char* why,
                      size_t why_size) {
  Unload();
  if (!HasArena(why, why_size) || !Open(model, length, why, why_size)) {
    Unload();
    return false;
  }
  *info = {static_cast<uint8_t>(interpreter->inputs_size()), static_cast<uint8_t>(interpreter->outputs_size()),
           static_cast<uint32_t>(arena_used)};
  for (size_t i = 0; i < interpreter->inputs_size(); i++) {
    memset(interpreter->input(i)->data.raw, 0, interpreter->input(i)->bytes);
  }
  return true;
}

void runner_shift(void* context, uint8_t units) { shift = units; }
