/* ESP-IDF's log output as frames of the link: raw text between frames would only be noise to the host. */
#ifndef ESP32_LOG_FRAMES_H
#define ESP32_LOG_FRAMES_H

#include "session/session.h"

/* From here on ESP_LOGx, from any task, goes into a queue. */
void log_frames_begin(void);

/* Sends what the queue holds. Called from the session's own task. */
void log_frames_pass_on(session_state *session);

#endif
