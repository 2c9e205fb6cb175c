"""Layout of TRACE_OPS' records; docs/protocol.md says what the fields mean. Standard library only."""

import struct

RECORD = struct.Struct("<BHHBIIIBI")  # subgraph, op, code, role, tensor, bytes, crc32, modulo, ns
NO_MODULO = 0xFF
NO_TIME = 0xFFFFFFFF
