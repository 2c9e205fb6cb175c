#include "link/link_parts.h"

uint16_t link_cost_at(const link_state *link, uint16_t at)
{
    return (uint16_t)LINK_COST((size_t)record_ring_get(&link->tx, at).length);
}

/* Drops what the host has, except a record that is on its way out once more. */
void link_drop_acknowledged(link_state *link)
{
    while (link->oldest != link->acked && !(link->sending && link->sending_data && link->sending_seq == link->oldest)) {
        record_ring_pop(&link->tx);
        link->oldest++;
    }
}

static void acknowledge(link_state *link, uint16_t ack)
{
    while (link->acked != ack) {
        uint16_t cost = link_cost_at(link, link->acked_at);

        link->acked_at = record_ring_after(&link->tx, link->acked_at);
        if (link->acked == link->next) { /* it had arrived after all, before it was sent again */
            link->next++;
            link->next_at = link->acked_at;
        } else {
            link->in_flight = (uint16_t)(link->in_flight - cost);
        }
        link->peer_credit = (uint16_t)(link->peer_credit > cost ? link->peer_credit - cost : 0);
        link->acked++;
    }
    link_drop_acknowledged(link);
}

static void go_back(link_state *link)
{
    if (link->next == link->acked) {
        return;
    }
    link->next = link->acked;
    link->next_at = link->acked_at;
    link->in_flight = 0;
    link->pass = (link->pass + 1) & LINK_PASS_MASK;
    link->measuring = false;
}

void link_take_acknowledgement(link_state *link, const frame_header *header, uint64_t now_us)
{
    uint8_t echo = header->flags >> LINK_ECHO_SHIFT & LINK_PASS_MASK;

    if (link_before(header->ack, link->acked) || link_before(link->sent_before, header->ack)) {
        return; /* old, or nonsense */
    }
    if (header->ack != link->acked) {
        if (link->measuring && link_before(link->measured_seq, header->ack)) {
            link_measure(link, now_us);
        }
        link_restart_timer(link, now_us);
        acknowledge(link, header->ack);
    }
    if (header->credit > link->peer_credit) { /* a grant is never taken back: a smaller one is an older one */
        link->peer_credit = header->credit;
        link_restart_timer(link, now_us);
    }
    if ((header->flags & LINK_GAP) != 0 && echo == link->pass) {
        go_back(link);
    }
}
