/* Ticks per op of one inference, in a few hundred bytes: TFLite Micro's own profiler takes 80 KiB. */
#ifndef ESP32_OP_PROFILER_H
#define ESP32_OP_PROFILER_H

#include <cstdint>

#include "esp_cpu.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"

class OpProfiler : public tflite::MicroProfilerInterface {
 public:
  static constexpr uint32_t kMaxOps = 48;

  struct Op {
    const char* tag;
    uint32_t ticks;
  };

  void Clear() { count_ = 0; }

  uint32_t BeginEvent(const char* tag) override {
    const uint32_t index = count_ < kMaxOps ? count_++ : kMaxOps - 1;  // the last entry sums up what is too much
    if (index < kMaxOps - 1 || ops_[index].tag == nullptr) {
      ops_[index] = {tag, 0};
    }
    started_ = esp_cpu_get_cycle_count();
    return index;
  }

  void EndEvent(uint32_t index) override { ops_[index].ticks += esp_cpu_get_cycle_count() - started_; }

  uint32_t count() const { return count_; }
  const Op& op(uint32_t index) const { return ops_[index]; }

 private:
  Op ops_[kMaxOps] = {};
  uint32_t count_ = 0;
  uint32_t started_ = 0;
};

#endif
