/* Tells what each op of an inference gives, at the op's end. */
#ifndef ESP32_OP_TRACE_H
#define ESP32_OP_TRACE_H

#include "op_profiler.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"

extern "C" {
#include "hal.h"
}

class OpTrace : public OpProfiler::Watcher
{
  public:
    // variables: nullptr: the model has none. scratch: room for the largest of them; nullptr: they are not looked at
    // themselves, but what was written into them is.
    OpTrace(tflite::MicroInterpreterGraph *graph, const tflite::Model *model, tflite::MicroResourceVariables *variables,
            uint8_t *scratch, core_trace_take take, void *taker)
        : graph_(graph), model_(model), variables_(variables), scratch_(scratch), take_(take), taker_(taker)
    {
    }

    void OpEnded(int subgraph, int op, uint32_t ticks) override;

    // Bytes of the largest tensor that ASSIGN_VARIABLE writes; 0: there is none.
    static uint32_t LargestVariable(const tflite::Model *model, tflite::MicroInterpreterGraph *graph);

  private:
    void Tell(core_trace_tensor tensor, const TfLiteEvalTensor &eval, const void *data) const;

    tflite::MicroInterpreterGraph *graph_;
    const tflite::Model *model_;
    tflite::MicroResourceVariables *variables_;
    uint8_t *scratch_;
    core_trace_take take_;
    void *taker_;
};

#endif
