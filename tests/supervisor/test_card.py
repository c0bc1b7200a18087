# SPDX-License-Identifier: AGPL-3.0-or-later
"""hearth.txt: what is written there, what is read from it, and that no power cut shows half of anybody's answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.secret import Secret
from appliance.supervisor import card
from appliance.supervisor.card_reader import CardFile
from appliance.system.files import SECTOR, PowerCut, VirtualFiles

CODE = Secret("ABCD-EFGH")
SECRET = "correct horse battery"
ANSWERS = f'[wifi]\nssid = "Home"\npassword = "{SECRET}"\ncountry = "DE"\n' + "# a long comment\n" * 60


def filled(answers=ANSWERS, content=None):
    """What a person makes of it in an editor."""
    text = (content or card.write(CODE)).decode()
    before, _, rest = text.partition(card.BEGIN + "\r\n")
    return (before + card.BEGIN + "\r\n" + answers.replace("\n", "\r\n") + rest[rest.index(card.END) :]).encode()


@pytest.fixture
def files():
    return VirtualFiles()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "card" / "hearth.txt"


@pytest.fixture
def file(path, files):
    made = CardFile(path, files, CODE)
    made.prepare()
    return made


def test_it_has_its_size_and_its_marks_begin_a_sector():
    for said in ((), ("Something.",), ("Long " * 50,) * 5):
        content = card.write(CODE, said)
        assert len(content) == card.SIZE
        assert content.index(card.BEGIN.encode()) % SECTOR == 0
        assert card.read(content).reveal() == "ABCD-EFGH"
        assert card.pending(content) is None
        assert card.said(content) == tuple(line.strip() for line in said)


def test_a_fresh_card_has_no_code_but_the_place_for_answers():
    fresh = card.fresh()
    assert len(fresh) == card.SIZE
    assert fresh.index(card.BEGIN.encode()) % SECTOR == 0
    assert card.read(fresh) is None
    assert card.pending(fresh) is None
    assert card.pending(fresh.replace(b"# [wifi]", b"[wifi]")) is not None


def test_examples_are_no_answers_and_answers_are():
    assert card.pending(card.write(CODE)) is None
    assert card.pending(filled()) == ANSWERS
    assert card.pending(b"Code: ABCD-EFGH") is None
    assert card.pending(filled()[: -len(card.END) - 20].replace(card.END.encode(), b"")).startswith(ANSWERS)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_whatever_an_editor_saves_is_read(codec, line_end):
    content = filled().decode().replace("\r\n", line_end).encode(codec)
    assert card.pending(content) == ANSWERS
    assert card.read(content).reveal() == "ABCD-EFGH"
    assert card.pending(card.closed(content)) is None
    assert len(card.closed(content)) == len(content)


@pytest.mark.parametrize("size", [60, 600, 1024, 1500, 2500, 4000, 20_000])
def test_a_file_of_any_length_keeps_the_code(size):
    content = card.write(CODE, ("Something went wrong.",), ANSWERS, size)
    assert len(content) == size
    assert card.read(content).reveal() == "ABCD-EFGH"


@given(st.binary(max_size=3000))
def test_rubbish_is_survived(content):
    card.read(content), card.said(content), card.pending(content)
    assert len(card.closed(content)) == len(content)


def test_very_many_blanks_do_not_keep_the_box_from_starting():
    # Read back and forth, as regular expressions do, these would take minutes.
    content = b"> Done." + b" " * (card.MAX_SIZE - 20) + b"x\r\n> Well."
    assert card.said(content) == ("Well.",)


def test_a_new_card_gets_its_file_and_an_old_one_is_left_in_place(file, path, files):
    assert path.stat().st_size == card.SIZE
    inode = path.stat().st_ino
    file.write(("Done.",))
    assert path.stat().st_ino == inode
    assert card.said(path.read_bytes()) == ("Done.",)
    files.cut_power_after(0)
    assert CardFile(path, files, CODE).prepare() is None, "the same again must write nothing"


def test_what_an_editor_made_longer_or_shorter_is_filled_and_not_resized(file, path):
    for content in (filled(content=card.write(CODE, size=3000)), filled() + b"\r\n" * 1000):
        path.write_bytes(content)
        inode = path.stat().st_ino
        assert file.prepare() == ANSWERS
        file.write(("Done.",))
        assert (path.stat().st_ino, path.stat().st_size) == (inode, len(content))
        assert SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"Code", b"x" * (card.MAX_SIZE + 1)])
def test_a_file_that_is_of_no_use_is_made_anew(file, path, content):
    path.write_bytes(content)
    file.prepare()
    assert path.read_bytes() == card.write(CODE)


def test_a_card_that_refuses_stops_nothing(path, files):
    files.fail_with(30)
    assert CardFile(path, files, CODE).prepare() is None


@pytest.mark.parametrize(
    "content", [filled(), filled(content=card.write(CODE, ("x" * 200,) * 3)), b"x" * 77 + filled()]
)
def test_no_power_cut_shows_half_of_the_answers(path, files, content):
    """Every prefix of the sectors that are written, as the card has each on it before the next."""
    path.parent.mkdir()
    for sectors in range(100):
        path.write_bytes(content)
        files.cut_power_after(sectors)
        try:
            CardFile(path, files, CODE).write(("Done.",))
        except PowerCut:
            left = path.read_bytes()
            assert card.pending(left) in (None, ANSWERS)
            assert card.read(left) is not None
            files.cut_power_after(None)
            again = CardFile(path, files, CODE)
            if again.prepare() is not None:
                again.write(("Done.",))
            assert SECRET.encode() not in path.read_bytes()
            assert card.pending(path.read_bytes()) is None
        else:
            break
    else:
        pytest.fail("it never ended")
    assert sectors > 5
    assert SECRET.encode() not in path.read_bytes()
    assert card.said(path.read_bytes()) == ("Done.",)


def test_no_power_cut_shows_half_of_answers_that_are_to_be_corrected(path, files):
    path.parent.mkdir()
    for sectors in range(100):
        path.write_bytes(filled())
        files.cut_power_after(sectors)
        try:
            CardFile(path, files, CODE).write(("This is wrong. " * 15,), ANSWERS)
        except PowerCut:
            assert card.pending(path.read_bytes()) in (None, ANSWERS)
        else:
            break
    assert sectors > 2
    assert card.pending(path.read_bytes()) == ANSWERS
