#include "link/link.h"

#include <string.h>

#include "link/link_parts.h"

void link_begin_connection(link_state *link, uint16_t tag, uint32_t nonce)
{
    uint16_t rx_high = link->rx.high_water;
    uint16_t tx_high = link->tx.high_water;

    record_ring_init(&link->rx, (uint8_t *)link->rx_words, CORE_LINK_RX_BYTES);
    record_ring_init(&link->tx, (uint8_t *)link->tx_words, CORE_LINK_TX_BYTES);
    link->rx.high_water = rx_high;
    link->tx.high_water = tx_high;
    link->tag = tag;
    link->nonce = nonce;
    link->connected = tag != 0;
    link->expected = link->oldest = link->acked = link->next = link->end = link->sent_before = 0;
    link->acked_at = link->next_at = 0;
    link->in_flight = 0;
    link->freed = 0;
    link->pass = link->gap_pass = 0;
    link->ack_due = link->gap_due = link->answer_due = false;
    link->timing = link->measuring = false;
    link->backoff = 0;
    link->round_trip_us = 0;
    link->variation_us = LINK_TIMEOUT_FIRST_US / 4;
    link->sending = link->sending_data = false;
    link->line_idle = true;
}

size_t link_state_size(void)
{
    return sizeof(link_state);
}

void link_init(link_state *link, uint32_t boot_id)
{
    memset(link, 0, sizeof *link);
    link->boot_id = boot_id;
    link_begin_connection(link, 0, 0);
    link->hello_due = true;
}

bool link_connected(const link_state *link)
{
    return link->connected;
}

uint16_t link_connection(const link_state *link)
{
    return link->connections;
}

bool link_idle(const link_state *link)
{
    return link->acked == link->end && !link->sending;
}

const link_counters *link_get_counters(link_state *link)
{
    link->counters.rx_high_water = link->rx.high_water;
    link->counters.tx_high_water = link->tx.high_water;
    return &link->counters;
}

void link_clear_counters(link_state *link)
{
    memset(&link->counters, 0, sizeof link->counters);
    link->rx.high_water = link->rx.used;
    link->tx.high_water = link->tx.used;
}
