"""Which code is changed where requests are answered wrongly."""

from ..checkout import CORE
from .alterations import altered
from .altered_data_path import ANSWERING
from .struct_members import members_alike

IMAGE = "frontend/log_mel/image.c"


def test_what_lays_out_the_header_that_a_proof_is_of_is_changed_field_by_field() -> None:
    assert IMAGE in ANSWERING
    assert all((CORE / name).is_file() for name in ANSWERING)
    text = (CORE / IMAGE).read_text(encoding="utf-8")
    members = members_alike(path.read_text(encoding="utf-8") for path in sorted(CORE.rglob("*.h")))
    _, found = altered(IMAGE, text, 1, members=members)
    of_header = {(each.before, each.after) for each in found if each.function == "fe_image_of"}
    for after in ("0", "config->analysis_window", "config->fft", "config->bands", "config->hop + 1"):
        assert ("config->hop", after) in of_header or ("config->hop", f"({after})") in of_header, after
