#include "link/link_parts.h"

static uint32_t timeout_us(const link_state *link)
{
    uint32_t time = link->round_trip_us + 4 * link->variation_us;
    uint32_t longer;

    time = time < LINK_TIMEOUT_LEAST_US  ? LINK_TIMEOUT_LEAST_US
           : time > LINK_TIMEOUT_MOST_US ? LINK_TIMEOUT_MOST_US
                                         : time;
    longer = time << link->backoff;
    longer = longer < LINK_BACKED_OFF_US ? longer : LINK_BACKED_OFF_US;
    return time > longer ? time : longer;
}

/* Estimation as TCP does it (Jacobson and Karels, 1988): retransmitted frames are not measured. */
void link_measure(link_state *link, uint64_t now_us)
{
    uint64_t elapsed = now_us - link->measured_from_us;
    uint32_t sample = elapsed > LINK_TIMEOUT_MOST_US ? LINK_TIMEOUT_MOST_US : (uint32_t)elapsed;
    uint32_t off = sample > link->round_trip_us ? sample - link->round_trip_us : link->round_trip_us - sample;

    link->measuring = false;
    if (link->round_trip_us == 0) {
        link->round_trip_us = sample;
        link->variation_us = sample / 2;
        return;
    }
    link->variation_us = link->variation_us - link->variation_us / 4 + off / 4;
    link->round_trip_us = link->round_trip_us - link->round_trip_us / 8 + sample / 8;
}

void link_restart_timer(link_state *link, uint64_t now_us)
{
    link->timer_us = now_us;
    link->backoff = 0;
}

void link_keep_timer(link_state *link, uint64_t now_us)
{
    if (link->acked == link->end) {
        link->timing = false;
    } else if (!link->timing) {
        link->timing = true;
        link->timer_us = now_us;
    }
}

bool link_question_due(const link_state *link, uint64_t now_us)
{
    return link->timing && now_us >= link->timer_us + timeout_us(link);
}

void link_note_question(link_state *link, uint64_t now_us)
{
    link->counters.timeouts++;
    link->timer_us = now_us;
    link->backoff = link->backoff < LINK_BACKOFF_MOST ? (uint8_t)(link->backoff + 1) : LINK_BACKOFF_MOST;
    link->measuring = false;
}

uint64_t link_deadline(const link_state *link, uint64_t now_us)
{
    if (link->sending || link->sync_ack_due) {
        return now_us;
    }
    if (!link->connected) {
        return link->hello_due ? now_us : UINT64_MAX;
    }
    if (link->ack_due || link->answer_due || link_data_fits(link)) {
        return now_us;
    }
    if (link->acked == link->end) {
        return UINT64_MAX;
    }
    return link->timing ? link->timer_us + timeout_us(link) : now_us;
}
