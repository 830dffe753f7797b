"""`manage.py guard`: lines in, JSON lines out, and a bad line is one sentence while the rest goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def answers(lines: bytes) -> list[dict[str, object]]:
    # Its own process, with nothing set but what a newcomer's shell has.
    run = subprocess.run([sys.executable, "manage.py", "guard"], cwd=ROOT, input=lines, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_line_is_a_text_or_an_object_and_bad_ones_do_not_stop_the_rest() -> None:
    asked = {
        "texts": ["hello", "KD 4821 for Carol"],
        "record": [{"name": "no", "value": "kd4821", "protection": "secret"}],
    }
    lines = [
        b"write to carol@mail.example",
        json.dumps(asked).encode(),
        b"{not json",
        b"\xff\xfe",
        b"",
        b'{"text": 3}',
        b'{"texts": ["a"], "text": "b"}',
        b'{"text": "a", "colour": "red"}',
        b'{"text": "a", "record": [{"name": "x", "value": "", "protection": "odd"}]}',
        b'{"text": "a", "record": "x"}',
        b'{"text": "\\ud800 PIN 4821"}',
        b'{"text": "' + b"[" * 100_000 + b'"}',
        b"x" * 1_000_001,
        b"4111 1111 1111 1111\r",
    ]
    got = answers(b"\n".join(lines))
    assert len(got) == len(lines)
    first = {"kind": "email", "level": "hold", "part": 0, "start": 9, "end": 27, "why": "This is an e-mail address."}
    assert got[0] == {"findings": [first]}
    secret = got[1]["findings"]
    assert isinstance(secret, list)
    assert [(f["kind"], f["part"], f["start"], f["end"]) for f in secret] == [("record", 1, 0, 7)]
    assert [at for at, answer in enumerate(got) if "error" in answer] == [2, 3, 5, 6, 7, 8, 9, 12]
    for at in (2, 3, 5, 6, 7, 8, 9, 12):
        assert str(got[at]["error"]).endswith(".")
    assert got[4] == got[11] == {"findings": []}
    assert [f["kind"] for f in got[10]["findings"]] == ["code"]  # type: ignore[union-attr,index]
    assert [f["kind"] for f in got[13]["findings"]] == ["card"]  # type: ignore[union-attr,index]
