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
NUMBER_NOT_KEPT = (
    ": of two records that were written without a restart between them the one in the slot's first half is used, and "
    "of two with a restart between the newer one: the number of a record that was just written is not kept, so that "
    "the next one gets it, too (slot->sequence, which slot_commit in firmware/core/bundle/slot.c sets)"
)
SECOND_UNSEEN = (
    ": the record in the slot's second half is not used, not even where there is no other: it is not looked at, or not "
    "taken for one (slot_init and read_record in firmware/core/bundle/slot.c)"
)
FIRST_OF_TWO = (
    ": of two records the one in the slot's first half is used, whichever is newer, and the one in the second half "
    "where it is alone: a new record gets no higher number than the one before (sequence, slot_commit in "
    "firmware/core/bundle/slot.c), or a higher number is not preferred (slot_init)"
)
FOUND_BY_BOOT = (
    ": the bundle in use before is found again behind a restart, and not without one: what is kept of a record in "
    "memory as it is written is not what a boot reads of it (active_length, active; slot_commit in "
    "firmware/core/bundle/slot.c)"
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
NOT_LOADED = (
    ": a trial that follows another one is not loaded; that the one before is over is not noted (deploy.trial, which "
    "session_abandon_deploy in firmware/core/session/deploy.c sets back), or what was sent is not what is loaded "
    "(session_try_deploy there)"
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
WRITTEN_OVER_AT_ONCE = (
    ": images that were refused were written over the bundle in use, also behind a restart; look at the half of the "
    "slot that is written (other_half in firmware/core/bundle/slot.c)"
)
HALF_NOT_NOTED = (
    ": images that were refused were written over the bundle in use, and behind a restart, which reads from flash "
    "where that lies, they are not: the half that a new record is in is not noted as the one in use (active, "
    "slot_commit in firmware/core/bundle/slot.c)"
)
NOT_CHOSEN = (
    ": a trial that is given up brings the one compiled in; when the slot is emptied it is not chosen anew "
    "(session_choose_bundle, session_begin_deploy in firmware/core/session/deploy.c)"
)
STILL_ACTIVE = (
    ": a trial that is given up brings it again, and a restart does not: that no half of the slot is in use is not "
    "noted when it is emptied (active, slot_clear in firmware/core/bundle/slot.c)"
)
MISPLACED = (
    ": where a piece belongs is not held against how much came before it (offset, slot_write in "
    "firmware/core/bundle/slot.c)"
)
NOT_KEPT = "images do not lie in flash as they came"
SUSPECTS = {
    NOT_KEPT: ("erase_up_to", "slot_write", "slot_begin"),
    WRITTEN_OVER: ("slot_begin", "other_half"),
    OLDER: ("slot_init",),
    FIRST_HALF: ("slot_commit", "slot_init"),
    SECOND_HALF: ("slot_init",),
    NUMBER_NOT_KEPT: ("slot_commit",),
    SECOND_UNSEEN: ("slot_init", "read_record"),
    FIRST_OF_TWO: ("slot_commit", "slot_init"),
    FOUND_BY_BOOT: ("slot_commit",),
    HELD: ("slot_clear",),
    STAYS: ("session_abandon_deploy",),
    NOT_LOADED: ("session_abandon_deploy", "session_try_deploy"),
    COMMITTED: ("session_try_deploy", "load_sent"),
    OVERWRITTEN: ("slot_begin", "other_half"),
    WRITTEN_OVER_AT_ONCE: ("other_half", "slot_begin"),
    HALF_NOT_NOTED: ("slot_commit",),
    NOT_CHOSEN: ("session_begin_deploy",),
    MISPLACED: ("slot_write",),
    STILL_ACTIVE: ("slot_clear",),
}
# By whether the older record was used that lies in the first half, and the one that lies in the second.
WHICH_RECORD = {(True, True): OLDER, (True, False): FIRST_HALF, (False, True): SECOND_HALF}
RECORD = (
    "look at what is written as its record, and at what that is held against when it is read again (slot_commit and "
    "read_record in firmware/core/bundle/slot.c)"
)
ANOTHER_REASON = (
    ": an image with wrong checksums is refused for another reason, so that it is not these; look at where this one is "
    "given, and at what it is decided by (load_sent in firmware/core/session/deploy.c, bundle_image_parse in "
    "firmware/core/bundle/bundle_image.c)"
)
# By whether a bundle is taken into an emptied slot, and another one behind it.
REFUSED_RECORD = {
    (
        False,
        False,
    ): f": each bundle is refused so, and a trial of it is not, which writes no record; {RECORD}",
    (True, False): (
        f": into an emptied slot a bundle is taken, and one beside it is not, though a trial of it is; {RECORD}: it "
        "may be the half in use in place of its own"
    ),
}
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
