"""Hand-worked turns of the rules in use: text in, levels out."""

from pathlib import Path

import pytest

from lepta.policy.base import asked
from lepta.policy.hpa import replicas_for
from lepta.policy.registry import parse
from scalingcases import pool_of, snapshot

FOLDER = Path(__file__).parent / "scaling"


def stories():
    for path in sorted(FOLDER.glob("*.txt")):
        story, title, said = None, "", False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("#"):
                title = line[2:] if not said or story else title
                said = True
            elif line.startswith("policy"):
                if story:
                    yield story
                story = [path.name, number, title, [line]]
                said = False
            elif line.strip() and story:
                story[3].append(line)
        yield story


@pytest.mark.parametrize(
    ("file", "number", "title", "lines"),
    [pytest.param(*s, id=f"{s[0]}:{s[1]}") for s in stories()],
)
def test_story(file, number, title, lines):
    pool = pool_of(10.0)
    policy = parse(lines[0].split()[1], pool)
    memory, have = policy.start(), int(lines[1].split()[1])
    for line in lines[2:]:
        told, _, wanted = line.partition("=>")
        words = told.split()
        values = dict(zip(words[::2], map(float, words[1::2]), strict=True))
        starting = int(values.get("starting", 0))
        seen = snapshot(
            pool,
            [have - starting],
            at_s=values["at"],
            starting=[starting],
            load=values.get("load", float("nan")),
            waiting=values.get("queue", 0.0),
            running=values.get("running", 0.0),
            utilization=values.get("utilization", float("nan")),
        )
        decision, memory = asked(policy, seen, memory)
        assert decision.want == (int(wanted),), f"{file}:{number} {title} | {line}: {decision.why}"
        assert decision.why and "\n" not in decision.why
        have = decision.want[0]


def test_pods_without_a_metric_count_against_the_step():
    # Growing: 8 ready at ratio 1.5, 2 missing count as idle: 12 / 10 = 1.2, so 12.
    assert replicas_for(10, 8, 0, 2, 1.5, 0.1) == 12
    # Shrinking: 8 ready at ratio 0.5, 2 missing count as at the target: 6 / 10, so 6 ...
    assert replicas_for(10, 8, 0, 2, 0.5, 0.1) == 6
    # ... or as fully used where the metric is a share of the capacity, at a target of 50 %.
    assert replicas_for(10, 8, 0, 2, 0.5, 0.1, full=2.0) == 8
    # Growing that turns round with the missing ones changes nothing.
    assert replicas_for(10, 2, 0, 8, 1.5, 0.1) == 10
    # Missing and not ready together: 4 x 3 over 4 + 2 + 2.
    assert replicas_for(8, 4, 2, 2, 3.0, 0.1) == 12
    assert replicas_for(3, 0, 3, 0, 2.0, 0.1) is None
