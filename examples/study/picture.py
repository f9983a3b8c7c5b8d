"""The picture of the study: the fleet without promises, hour by hour, as SVG."""

from typing import TYPE_CHECKING

import promises

from lepta.domain.offer import Term

if TYPE_CHECKING:
    from run import Study

GREY, SPOT, RENTED = "#8a8a8a", "#2a9d8f", "#e9a23b"


def picture(found: "Study") -> str:
    """Draw the accelerators of the plan hour by hour: spot below, on demand above."""
    base = found.base
    spot, rented = (
        promises.accelerators(base.question.case, base.plan, term)
        for term in (Term.SPOT, Term.ON_DEMAND)
    )
    alone = next(a for a in found.rows if a.question.key == "no-spot")
    other = promises.accelerators(alone.question.case, alone.plan, Term.ON_DEMAND)
    hours = len(spot)
    most = max(*other, *(a + b for a, b in zip(spot, rented, strict=True)))
    top = 50 * (int(most) // 50 + 1)
    left, bottom, width, height = 50, 230, 700 / hours, 200 / top
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 770 280" role="img" '
        'font-family="sans-serif" font-size="12">',
        "<title>Accelerators held, hour by hour</title>",
    ]
    for level in range(0, top + 1, 50):
        y = bottom - height * level
        parts.append(f'<path d="M{left} {y:.1f}H750" stroke="{GREY}" stroke-width="0.4"/>')
        parts.append(
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{GREY}">{level}</text>'
        )
    for hour, (low, high) in enumerate(zip(spot, rented, strict=True)):
        x = left + width * hour
        for color, count, below in ((SPOT, low, 0.0), (RENTED, high, low)):
            if count:
                parts.append(
                    f'<rect x="{x:.1f}" y="{bottom - height * (below + count):.1f}" '
                    f'width="{width - 1:.1f}" height="{height * count:.1f}" fill="{color}"/>'
                )
    line = " ".join(
        f"{left + width * (hour + at):.1f},{bottom - height * count:.1f}"
        for hour, count in enumerate(other)
        for at in (0, 1)
    )
    parts.append(f'<polyline points="{line}" fill="none" stroke="{GREY}" stroke-width="1.5"/>')
    for hour in range(0, hours + 1, 6):
        x = left + width * hour
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" fill="{GREY}">{hour}</text>'
        )
    for x, color, text in (
        (left, SPOT, "spot"),
        (left + 80, RENTED, "on demand"),
        (left + 200, GREY, "line: all, where spot is ruled out; hours from the start"),
    ):
        parts.append(f'<rect x="{x}" y="258" width="12" height="12" fill="{color}"/>')
        parts.append(f'<text x="{x + 18}" y="268" fill="{GREY}">{text}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
