/* Where the emulated machine starts: a stack, then main. */
    .section .start, "ax"
    .literal_position
    .global _start
_start:
#ifdef __XTENSA_WINDOWED_ABI__
    movi a2, 0x40020 /* register windows on; main's calls nest so little that none overflows */
    wsr.ps a2
    movi a2, 1
    wsr.windowstart a2
    movi a2, 0
    wsr.windowbase a2
    rsync
    movi a2, 0xff /* coprocessors: the float unit */
    wsr.cpenable a2
    rsync
    movi a1, stack_top
    movi a0, 0
    call8 main
#else
    movi a1, stack_top
    call0 main
#endif
forever:
    j forever
