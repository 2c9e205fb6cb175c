/* What the files of the link share. Not for its owners: they include link.h. */
#ifndef CORE_LINK_LINK_PARTS_H
#define CORE_LINK_LINK_PARTS_H

#include "link/link.h"

/* Of two sequence numbers, which may have wrapped. */
static inline bool link_before(uint16_t a, uint16_t b)
{
    return (uint16_t)(a - b) >= 0x8000u;
}

/* link.c. tag 0: no connection. */
void link_begin_connection(link_state *link, uint16_t tag, uint32_t nonce);

/* acknowledge.c */
uint16_t link_cost_at(const link_state *link, uint16_t at); /* of the record at an offset in tx */
void link_drop_acknowledged(link_state *link);
void link_take_acknowledgement(link_state *link, const frame_header *header, uint64_t now_us);

/* timer.c */
void link_measure(link_state *link, uint64_t now_us);       /* the frame being timed was acknowledged */
void link_restart_timer(link_state *link, uint64_t now_us); /* the host showed that it hears us */
void link_keep_timer(link_state *link, uint64_t now_us);
bool link_question_due(const link_state *link, uint64_t now_us);
void link_note_question(link_state *link, uint64_t now_us);

/* send.c */
bool link_data_fits(const link_state *link);

#endif
