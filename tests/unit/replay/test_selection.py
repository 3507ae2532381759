"""A run chooses its records once."""

import threading

import pytest

from dataflow360.errors import FatalError
from dataflow360.replay.selection import Group, Selection

WEATHER = Group("csv_files", "donnees_meteo", "meteo_historique")
FLIGHTS = Group("synthetic_flights", "vols", "vols_synthetiques")


def test_records_are_found_again_by_their_group():
    selection = Selection.of("manual__1")
    assert not selection.exists()
    selection.write([("a", WEATHER), ("b", FLIGHTS), ("c", WEATHER)])
    assert Selection.of("manual__1").groups() == sorted([str(WEATHER), str(FLIGHTS)])
    assert Selection.of("manual__1").ids(WEATHER) == ["a", "c"]
    assert Selection.of("manual__1").all_ids() == ["a", "b", "c"]


def test_the_first_choice_stands():
    selection = Selection.of("manual__1")
    selection.write([("a", WEATHER)])
    selection.write([("b", FLIGHTS)])
    assert selection.groups() == [str(WEATHER)]
    assert [path.name for path in selection.path.parent.iterdir()] == [selection.path.name]


def test_of_choices_at_once_one_stands_as_a_whole():
    choices = [[(f"{number}-{place}", WEATHER) for place in range(50)] for number in range(8)]
    barrier = threading.Barrier(len(choices))

    def choose(records):
        barrier.wait()
        Selection.of("manual__1").write(records)

    threads = [threading.Thread(target=choose, args=(choice,)) for choice in choices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Selection.of("manual__1").all_ids() in [[name for name, _ in each] for each in choices]


def test_runs_choose_for_themselves():
    Selection.of("manual__1").write([("a", WEATHER)])
    assert not Selection.of("manual__2").exists()


def test_a_choice_that_is_gone_is_a_sentence():
    with pytest.raises(FatalError, match="trigger a new run"):
        Selection.of("manual__1").all_ids()


def test_a_group_survives_its_text():
    assert Group.of(str(WEATHER)) == WEATHER


def test_the_batch_of_a_group_has_a_key_of_its_own():
    assert WEATHER.source_key("manual__1") == ("manual__1/csv_files/donnees_meteo/meteo_historique")
    keys = {group.source_key(run) for group in (WEATHER, FLIGHTS) for run in ("a", "b", 250 * "é")}
    assert len(keys) == 6
    assert max(map(len, keys)) <= 250
