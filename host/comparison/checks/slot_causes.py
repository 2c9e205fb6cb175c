"""Why a board runs another bundle than it must, in words behind a colon, and the functions that are to blame."""

OLDER = (
    ": of two records the older one is used, whichever half of the slot it lies in; look at what compares their "
    "sequence numbers (slot_init in firmware/core/bundle/slot.c), then at whether a newer record gets a lower one "
    "(slot_commit)"
)
FIRST_HALF = (
    ": of two records the one in the slot's first half is used, whichever is newer; look at the sequence number that "
    "a record is written with (slot_commit in firmware/core/bundle/slot.c), and at how the second half's is compared, "
    "or whether it is looked at (slot_init)"
)
SECOND_HALF = (
    ": of two records the one in the slot's second half is used, whichever is newer; look at what its sequence number "
    "is compared with (slot_init in firmware/core/bundle/slot.c), and at the one that a record is written with "
    "(slot_commit)"
)
HELD = (
    ": the half of the slot that holds it was not erased when the slot was emptied (slot_clear in "
    "firmware/core/bundle/slot.c)"
)
STAYS = (
    ": a trial that is given up stays until the board restarts; look at what ends it (session_abandon_deploy in "
    "firmware/core/session/deploy.c)"
)
COMMITTED = (
    ": what was tried alone is kept, and in use after a restart, too; look at what writes a record (slot_commit in "
    "firmware/core/bundle/slot.c, and where firmware/core/session/deploy.c calls it)"
)
OVERWRITTEN = (
    ": what was tried was written over the bundle in use, which is gone after a restart; look at the half of the slot "
    "that is written (slot_begin in firmware/core/bundle/slot.c)"
)
WRITTEN_OVER = (
    ": an image that was refused was written over the bundle in use, which is gone after a restart; look at the half "
    "of the slot that is written (other_half in firmware/core/bundle/slot.c)"
)
NOT_KEPT = "images do not lie in flash as they came"
SUSPECTS = {
    NOT_KEPT: ("erase_up_to", "slot_write", "slot_begin"),
    WRITTEN_OVER: ("slot_begin", "other_half"),
    OLDER: ("slot_init",),
    FIRST_HALF: ("slot_commit", "slot_init"),
    SECOND_HALF: ("slot_init",),
    HELD: ("slot_clear",),
    STAYS: ("session_abandon_deploy",),
    COMMITTED: ("session_try_deploy", "load_sent"),
    OVERWRITTEN: ("slot_begin", "other_half"),
}
# By whether the older record was used that lies in the first half, and the one that lies in the second.
WHICH_RECORD = {(True, True): OLDER, (True, False): FIRST_HALF, (False, True): SECOND_HALF}
NONE_ASIDE = (
    "INFO says that a bundle in the slot is set aside, and none is; look at what keeps the reason "
    "(session_choose_bundle in firmware/core/session/deploy.c)"
)
SAME_ID = (
    "the boot id is the same after a restart: the board restarted, for its clock began anew; look at where the "
    "firmware draws a boot id when it boots (what session_init is given), and at what INFO tells of it"
)
# What is told of an image that must be refused and is not, or the other way round.
BEYOND, FITTING = (
    f": what compares its length with the slot's size {does} (slot_begin in firmware/core/bundle/slot.c)"
    for does in ("allows more than there is", "refuses one that just fits")
)
ANOTHER_CRC, ANOTHER_SHA = (
    f": its {checksum} is not compared, or not all of it (image_intact in firmware/core/bundle/slot.c)"
    for checksum in ("CRC-32", "SHA-256")
)
DAMAGED = (
    ": what lies in flash is not held against its checksums (slot_verify in firmware/core/bundle/slot.c)"
)
INCOMPLETE = ": it is not looked whether all of it came (slot_verify in firmware/core/bundle/slot.c)"
ANNOUNCED = ": that is the length announced, not what came of it"
