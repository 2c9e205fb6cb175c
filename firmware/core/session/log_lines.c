#include <string.h>

#include "session/jobs.h"

#define LONGEST (CORE_MAX_PAYLOAD - MSG_LOG_SIZE)

void session_log(session_state *s, uint8_t level, const char *text)
{
    uint8_t head[MSG_LOG_SIZE];
    msg_log line = {.level = level};
    size_t length = strlen(text);

    if (length > LONGEST) {
        length = LONGEST;
    }
    if (!link_connected(&s->link) || link_send_space(&s->link) < sizeof head + length) {
        s->log_dropped++;
        return;
    }
    session_send(s, MSG_LOG, head, msg_log_encode(&line, head, sizeof head), text, length);
}
