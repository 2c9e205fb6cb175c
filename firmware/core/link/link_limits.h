/* Sizes of the link's buffers. A build may lower or raise them with -D, within what the #errors below allow. */
#ifndef CORE_LINK_LINK_LIMITS_H
#define CORE_LINK_LINK_LIMITS_H

#include "messages.h"

#ifndef CORE_MAX_PAYLOAD
#define CORE_MAX_PAYLOAD MSG_MAX_PAYLOAD /* bytes of one frame's payload */
#endif
#ifndef CORE_LINK_RX_BYTES
#define CORE_LINK_RX_BYTES 5632 /* received, not yet consumed: the credit the device grants */
#endif
#ifndef CORE_LINK_TX_BYTES
#define CORE_LINK_TX_BYTES 2816 /* sent, not yet acknowledged */
#endif

#if CORE_MAX_PAYLOAD > MSG_MAX_PAYLOAD
#error "CORE_MAX_PAYLOAD is more than MSG_MAX_PAYLOAD: the host takes no longer payloads"
#endif
#if CORE_LINK_RX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16) || CORE_LINK_TX_BYTES < 2 * (CORE_MAX_PAYLOAD + 16)
#error "CORE_LINK_RX_BYTES and CORE_LINK_TX_BYTES must hold at least two full frames of CORE_MAX_PAYLOAD"
#endif
#if CORE_LINK_RX_BYTES % 4 != 0 || CORE_LINK_TX_BYTES % 4 != 0
#error "CORE_LINK_RX_BYTES and CORE_LINK_TX_BYTES must be multiples of 4"
#endif
#if CORE_LINK_RX_BYTES > 32768 || CORE_LINK_TX_BYTES > 32768
#error "CORE_LINK_RX_BYTES and CORE_LINK_TX_BYTES are at most 32768: 16-bit numbers must tell apart what they hold"
#endif

#endif
