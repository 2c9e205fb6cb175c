/* Where the emulated machine starts: a stack, then main. */
    .section .start, "ax"
    .literal_position
    .global _start
_start:
#ifdef __XTENSA_WINDOWED_ABI__
    movi a2, 0x40020 /* register windows on */
    wsr.ps a2
    movi a2, 1
    wsr.windowstart a2
    movi a2, 0
    wsr.windowbase a2
    rsync
    movi a2, vectors
    wsr.vecbase a2
    movi a2, 0xff /* coprocessors: the float unit */
    wsr.cpenable a2
    rsync
    movi a3, stack_top /* of the frame before this one, which is none: where this one's registers go */
    addi a1, a3, -64
    addi a2, a1, -12
    s32i a3, a2, 0
    movi a0, 0
    call8 main
#else
    movi a1, stack_top
    call0 main
#endif
forever:
    j forever

/* A board that is not started at the program's entry. */
    .section .reset, "ax"
    j 1f
    .align 4
    .literal_position
1:  movi a0, _start
    jx a0

#ifdef __XTENSA_WINDOWED_ABI__
/* Registers of frames that nest too deep for the register file go to their callers' stacks and come back, as the
   instruction set's windowed call convention lays down where; for calls by 4 and by 8. */
    .section .vectors, "ax"
    .global vectors
vectors:
    .org 0x00 /* overflow 4 */
    s32e a0, a5, -16
    s32e a1, a5, -12
    s32e a2, a5, -8
    s32e a3, a5, -4
    rfwo
    .org 0x40 /* underflow 4 */
    l32e a0, a5, -16
    l32e a1, a5, -12
    l32e a2, a5, -8
    l32e a3, a5, -4
    rfwu
    .org 0x80 /* overflow 8 */
    s32e a0, a9, -16
    l32e a0, a1, -12
    s32e a1, a9, -12
    s32e a2, a9, -8
    s32e a3, a9, -4
    s32e a4, a0, -32
    s32e a5, a0, -28
    s32e a6, a0, -24
    s32e a7, a0, -20
    rfwo
    .org 0xc0 /* underflow 8 */
    l32e a0, a9, -16
    l32e a1, a9, -12
    l32e a2, a9, -8
    l32e a7, a1, -12
    l32e a3, a9, -4
    l32e a4, a7, -32
    l32e a5, a7, -28
    l32e a6, a7, -24
    l32e a7, a7, -20
    rfwu
#endif
