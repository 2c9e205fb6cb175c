/* The tool that started this board. When it is killed, nobody is left to stop the board. */
#ifndef VIRTUAL_PARENT_H
#define VIRTUAL_PARENT_H

#include <stdbool.h>
#include <stdint.h>

/* From now on that process is looked at; 0: none. */
void parent_watch(uint32_t process_id);

/* Whether it is gone. It is looked at twice a second at most. */
bool parent_gone(void);

#endif
