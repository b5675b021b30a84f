"""What reading a Secret costs, whatever is in it: time of the CPU, memory, and one sentence."""

import time
import tracemalloc
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.operator.test_credentials import AUTH, keys, nested, said

SIZE = 60_000  # characters; a larger clouds.yaml is refused before it is read
LOOPS = 6  # times what a fixed loop takes in the same run: 50 ms where that takes 8
BYTES = 20 * 2**20
TRIES = 3  # of which the fastest counts: other programs slow down a CPU's time, too

fragments = st.lists(
    st.sampled_from(
        [
            *("[", "{", "{a: ", "- ", "? ", ": ", "x,", "x: y\n", "'", '"', "|\n ", "# ", "---\n"),
            *("&a ", "*a", "*a,", "a: &a {b: c}\n", "- {<<: *a}\n", "- *a\n", "<<: [*a, *a]\n"),
            *("!!str ", "!x ", "\t", "\\x41", "é", "\n", " ", "]", "}", "-----BEGIN "),
        ]
    ),
    min_size=1,
    max_size=4,
)
long_texts = st.builds(
    lambda head, body: f"{head}{body * SIZE}"[:SIZE],
    st.sampled_from(["", "a: &a {b: c}\nb:\n", "clouds: {openstack: {auth: {}}}\nb: ", "b: ["]),
    fragments.map("".join),
)
dumped = st.builds(
    lambda entry, auth: yaml.safe_dump(
        {"clouds": {"openstack": {"auth": {**AUTH, **auth}, **entry}}}
    ),
    st.dictionaries(keys, nested, max_size=6),
    st.dictionaries(keys, nested),
)


@st.composite
def unfolding(draw: Any) -> str:
    """Return lines of which each stands for several times the values of the one before."""
    levels, times = draw(st.integers(1, 30)), draw(st.integers(1, 40))
    item, left, right = draw(
        st.sampled_from(
            [
                ("*{below}", "[", "]"),
                ("k{at}: *{below}", "{", "}"),
                ("k{at}: {{<<: *{below}}}", "{", "}"),
            ]
        )
    )
    lines = [f"a0: &a0 {draw(st.sampled_from(['{x: y}', '[x, y]', 'x']))}"]
    for level in range(1, levels + 1):
        items = ", ".join(item.format(below=f"a{level - 1}", at=at) for at in range(times))
        lines.append(f"a{level}: &a{level} {left}{items}{right}")
    place = draw(st.sampled_from(["{auth: *", "{regions: *", "{auth: {password: *", "*"]))
    end = "}" * (place.count("{") + 1)
    return "\n".join([*lines, f"clouds: {{openstack: {place}a{levels}{end}"])[:SIZE]


@settings(max_examples=150, deadline=None)
@given(dumped | unfolding() | long_texts)
def test_whatever_is_in_a_secret_costs_little_and_becomes_one_sentence(text: str) -> None:
    times = []
    for _ in range(TRIES):
        began = time.thread_time()
        said(text)
        times.append((time.thread_time() - began) / loop())
        if times[-1] < LOOPS:
            break
    tracemalloc.start()
    try:
        said(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert min(times) < LOOPS
    assert peak < BYTES


def loop() -> float:
    """Return the CPU seconds of a loop that is always the same, as machines differ."""
    began = time.thread_time()
    sum(range(1_000_000))
    return time.thread_time() - began
