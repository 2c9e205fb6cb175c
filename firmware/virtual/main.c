/* The firmware on a computer: the same core and session as on the ESP32, behind a pseudo-terminal or a TCP port.
 *
 * It prints one line to stderr when it is up: `port URL`, or `error REASON`. SIGUSR1 is its reset button. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "bundle.h"
#include "clock.h"
#include "fatal.h"
#include "flash_file.h"
#include "inference.h"
#include "line.h"
#include "messages.h"
#include "microphone_file.h"
#include "options.h"
#include "parent.h"
#include "session/session.h"
#include "stage_fault.h"
#include "tracing.h"
#include "transport.h"

#define IO_BYTES 4096u
#define STEPS_BETWEEN_IO 64
#define LONGEST_WAIT_US 100000u
#define THROTTLED_WAIT_US 500u
#define THROTTLED_PIECE 64u /* fewer bytes are not worth waking up for */

static const char BOOT_TEXT[] = "\r\nvirtual board, firmware " FIRMWARE_VERSION "\r\nboot: starting session\r\n";

static session_state session;
static core_hal hal;
static stage_fault fault;
static line_state incoming, outgoing;
static uint64_t boot_ns;
static volatile sig_atomic_t reset_pressed;
static bool restart_asked;
static jmp_buf crashed;

static uint8_t to_send[LINE_MAX_OUTPUT(IO_BYTES)];
static size_t to_send_count, to_send_done;

static uint64_t now_us(void *context)
{
    (void)context;
    return (clock_ns() - boot_ns) / 1000;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return (uint32_t)clock_ns();
}

static void restart(void *context)
{
    (void)context;
    restart_asked = true;
}

/* A computer has enough: front end and tensors need not share. */
static void *frontend_memory(void *context, size_t bytes, char *why, size_t why_size)
{
    static void *memory;

    (void)context;
    free(memory);
    memory = malloc(bytes);
    if (memory == NULL) {
        snprintf(why, why_size, "there is no memory for the front end: it needs %zu bytes", bytes);
    }
    return memory;
}

static bool set_baud(void *context, uint32_t rate)
{
    (void)context;
    if (rate > 100000000) {
        return false;
    }
    incoming.baud = rate;
    outgoing.baud = rate;
    return true;
}

static void build(void *context, char *text, size_t size)
{
    (void)context;
    (void)snprintf(text, size, "compiler %s", __VERSION__);
}

#ifdef SIGUSR1
static void press_reset(int signal_number)
{
    (void)signal_number;
    reset_pressed = 1;
}
#endif

static void describe(const board_options *options)
{
    hal = (core_hal){
        .firmware_version = FIRMWARE_VERSION,
        .board = "virtual",
        .chip = "computer",
        .capabilities = MSG_CAPABILITY_VIRTUAL_TIME,
        .clock_hz = 1000000000,
        .now_us = now_us,
        .ticks = ticks,
        .build = build,
        .restart = restart,
        .frontend_memory = frontend_memory,
        .boot_baud = options->baud,
    };
    if (options->inference) {
        hal.model_load = inference_load;
        hal.model_invoke = inference_invoke;
        hal.model_crc32 = inference_crc32;
        hal.model_trace = tracing_trace;
        hal.model_keep = tracing_keep;
        hal.model_tensor = tracing_tensor;
        hal.model_open = tracing_open;
    }
    if (options->baud > 0) {
        hal.set_baud = set_baud;
    }
    if (options->microphone != NULL) {
        microphone_file_use(options->microphone, options->microphone_speed);
        hal.microphone_start = microphone_file_start;
        hal.microphone_read = microphone_file_read;
        hal.microphone_stop = microphone_file_stop;
    }
}

/* A kernel that runs wild takes the whole board along: nothing goes on from where it was. */
static void crash(void)
{
    longjmp(crashed, 1);
}

/* As after power-on: nothing of the time before is left but what is in flash. */
static void boot(uint8_t reason)
{
    boot_ns = clock_ns();
    reset_pressed = 0;
    restart_asked = false;
    hal.reset_reason = reason;
    if (hal.set_baud != NULL) {
        (void)set_baud(NULL, hal.boot_baud);
    }
    session_init(&session, &builtin_bundle, &hal, clock_entropy());
    to_send_count = line_pass(&outgoing, (const uint8_t *)BOOT_TEXT, sizeof BOOT_TEXT - 1, to_send);
    to_send_done = 0;
}

static bool receive(uint64_t now)
{
    uint8_t bytes[IO_BYTES];
    uint8_t arrived[LINE_MAX_OUTPUT(IO_BYTES)];
    size_t allowed = line_allowance(&incoming, sizeof bytes, now);
    size_t count = incoming.baud != 0 && allowed < THROTTLED_PIECE ? 0 : transport_read(bytes, allowed);

    if (count == 0) {
        return false;
    }
    session_input(&session, arrived, line_pass(&incoming, bytes, count, arrived));
    return true;
}

static bool transmit(uint64_t now)
{
    uint8_t bytes[IO_BYTES];
    size_t written;

    if (to_send_done == to_send_count) {
        size_t allowed = line_allowance(&outgoing, sizeof bytes, now);
        size_t count = outgoing.baud != 0 && allowed < THROTTLED_PIECE ? 0 : session_output(&session, bytes, allowed);

        to_send_count = line_pass(&outgoing, bytes, count, to_send);
        to_send_done = 0;
    }
    if (to_send_done == to_send_count) {
        return false;
    }
    written = transport_write(to_send + to_send_done, to_send_count - to_send_done);
    to_send_done += written;
    return written > 0;
}

static void rest(uint64_t now)
{
    uint64_t deadline = session_deadline(&session);
    uint64_t wait = deadline <= now ? 0 : deadline - now;

    if (outgoing.baud != 0 || incoming.baud != 0) {
        clock_sleep_us(THROTTLED_WAIT_US); /* bytes take their time whether or not they lie ready */
        return;
    }
    transport_wait(to_send_done < to_send_count, wait < LONGEST_WAIT_US ? (uint32_t)wait : LONGEST_WAIT_US);
}

static void run(void)
{
    while (!parent_gone()) {
        uint64_t now = now_us(NULL);
        bool busy = receive(now);

        for (int i = 0; i < STEPS_BETWEEN_IO; i++) {
            stage_fault_put(&fault, &session.bundle.frontend); /* it may be another by now */
            if (!session_step(&session)) {
                break;
            }
            busy = true;
        }
        busy |= transmit(now);
        if (reset_pressed) {
            boot(MSG_RESET_REASON_EXTERNAL);
        } else if (restart_asked) {
            boot(MSG_RESET_REASON_SOFTWARE);
        } else if (!busy) {
            rest(now);
        }
    }
}

int main(int argc, char **argv)
{
    board_options options;
    char url[256];

    if (!options_parse(&options, argc, argv)) {
        return 2;
    }
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#else
    signal(SIGPIPE, SIG_IGN);
#endif
#ifdef SIGUSR1
    signal(SIGUSR1, press_reset);
#endif
    fatal_watch();
    parent_watch(options.parent);
    fault = options.fault;
    describe(&options);
    line_init(&incoming, options.baud, options.damage_ppm, options.seed);
    line_init(&outgoing, options.baud, options.damage_ppm, (uint64_t)options.seed + (UINT64_C(1) << 32));
    if (!flash_file_open(options.flash, &hal.flash)) {
        fprintf(stderr, "error cannot use %s as flash\n", options.flash);
        return 2;
    }
    if (!transport_open(options.tcp_port, url, sizeof url)) {
        fprintf(stderr, "error %s\n", url);
        return 2;
    }
    inference_on_crash(crash);
    fprintf(stderr, "port %s\n", url);
    boot(setjmp(crashed) == 0 ? MSG_RESET_REASON_POWER_ON : MSG_RESET_REASON_PANIC);
    run();
    return 0;
}
