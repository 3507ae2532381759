"""Each equation that does not hold is a fault, said with its numbers."""

from dataclasses import replace

import pytest

from dataflow360.pipeline.reconciling import Account, find_faults

SOUND = Account(
    rows_read=100,
    rows_valid=90,
    rows_duplicate=6,
    rows_quarantined=4,
    rows_new=50,
    rows_changed=10,
    rows_unchanged=30,
    rows_stored=90,
    messages_published=60,
)
NOTHING = Account(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("account", "kept"), [(SOUND, 4), (NOTHING, 0)], ids=["sound", "nothing-at-all"]
)
def test_a_sound_account_has_no_faults(account, kept):
    assert list(find_faults(account, kept)) == []


@pytest.mark.parametrize(
    ("change", "kept", "fault"),
    [
        pytest.param(
            {"rows_read": 101}, 4,
            "101 read, but 90 valid + 6 duplicate + 4 quarantined", id="a-row-lost-on-reading",
        ),
        pytest.param(
            {"rows_read": 99}, 4,
            "99 read, but 90 valid + 6 duplicate + 4 quarantined", id="a-row-out-of-nowhere",
        ),
        pytest.param({}, 3, "4 refused, but 3 in quarantine", id="a-refused-row-lost"),
        pytest.param({}, 5, "4 refused, but 5 in quarantine", id="a-refused-row-doubled"),
        pytest.param(
            {"rows_unchanged": 29}, 4,
            "90 valid, but 50 new + 10 changed + 29 unchanged", id="a-row-not-compared",
        ),
        pytest.param({"rows_stored": 89}, 4, "90 valid, but 89 of them in the store",
                     id="a-row-not-stored"),
        pytest.param({"rows_stored": 91}, 4, "90 valid, but 91 of them in the store",
                     id="a-row-stored-twice"),
        pytest.param({"messages_published": 59}, 4,
                     "50 new + 10 changed, but 59 messages on the topic", id="a-message-lost"),
        pytest.param({"messages_published": 61}, 4,
                     "50 new + 10 changed, but 61 messages on the topic", id="a-message-doubled"),
    ],
)  # fmt: skip
def test_an_equation_that_does_not_hold_is_a_fault(change, kept, fault):
    assert list(find_faults(replace(SOUND, **change), kept)) == [fault]


def test_all_faults_are_said():
    broken = Account(1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert len(list(find_faults(broken, kept=10))) == 5


@pytest.mark.parametrize("name", Account.__slots__)
def test_every_number_is_held_against_another(name):
    """No count can be off by one and go unnoticed."""
    off = replace(SOUND, **{name: getattr(SOUND, name) + 1})
    assert list(find_faults(off, kept=4))
