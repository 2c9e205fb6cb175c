/* Include first in a file with loops that fill all of Xtensa's 16 registers: there GCC's scheduling before register
   allocation, its forward propagation and its recomputed loop ends lengthen the values' lives until they spill, and
   half of the FFT's instructions move them to the stack and back. Speed only; results do not depend on it.

   Measured with tools/bench_frontend.py, GCC 12, 24 108 instructions a hop. Without the first option 36 185, without the
   second 24 403, without the third 24 821, without all three 38 579; the code grows with each left out. */
#if defined(__XTENSA__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns", "no-tree-forwprop", "no-tree-scev-cprop")
#endif
