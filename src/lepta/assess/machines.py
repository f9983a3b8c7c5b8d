"""Which accelerator a charge pays for where the bill does not say: told by the machine type named.

Bills repeat few texts in many rows: each text is read once. The first of `HINTS` that names a known
machine type decides; x_Accelerator of the row stands above all of them. What names no known type
stays unknown: nothing is told from part of a name.

Sources: FOCUS_Spec, column SkuPriceDetails (keys InstanceType, GpuCount; F_ in its drafts, x_ where
a provider adds them); the `ServiceType` of Azure's x_SkuDetails; SKU texts of Google Cloud, of
which each GPU, core and GiB of memory is a SKU of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from lepta.assess.owners import text_pairs
from lepta.domain.accelerators import matches_accelerator
from lepta.domain.charges import HINTS
from lepta.domain.machines import ACCELERATOR_SKUS, SKU_ENDS, Machine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "accelerated",
    "machines_named",
    "notes_of_machines",
    "summary",
    "texts_of",
]

JSON = ("sku_details", "sku_extras")
TYPE_KEYS = ("instancetype", "skuinstancetype", "servicetype")
GPU_KEYS = ("gpucount",)
WORDS = r"[^a-z0-9._-]+"
SPOT = r"_(spot|low_priority)$"
PART = r"\binstance (core|ram) (running|in)\b|\bper reservation\b"
"""Hours of these are no hours of a machine: parts of one, or the book-keeping of a reservation."""
NO_ACCELERATOR = "a machine without accelerators"


def texts_of(charges: "ir.Table", hint: str) -> "ir.Table":
    """Give each distinct text of a hint once: column `text`."""
    return charges.filter(charges[hint].notnull()).select(text=charges[hint]).distinct()


def machines_named(texts: "ir.Table", hint: str, known: Mapping[str, Machine]) -> "ir.Table":
    """Read the texts of a hint: what each names, one row per text that names something.

    Columns: text; machine, accelerator, accelerators (of a known machine type; null: none named, or
    two that differ); gpus (a count that the text gives); sku (the accelerator that the SKU itself
    is); part (whether its hours are not hours of a machine).
    """
    found = _in_json(texts, known) if hint in JSON else _in_words(texts, known)
    named = found.group_by("text").aggregate(
        kinds=found.machine.nunique(),
        machine=found.machine.max(),
        gpus=found.gpus.max(),
        sku=found.sku.max(),
        part=found.part.max() > 0,
    )
    machine = ibis.cases((named.kinds == 1, named.machine))
    machines = {one.name: one for one in known.values()}
    having = [one for one in machines.values() if one.accelerator]
    return named.select(
        "text",
        machine=machine,
        accelerator=_look_up(machine, {one.name: one.accelerator for one in having}, "string"),
        accelerators=_look_up(machine, {one.name: float(one.count) for one in having}, "float64"),
        gpus=named.gpus,
        sku=named.sku,
        part=named.part,
    )


def accelerated(charges: "ir.Table", named: Mapping[str, "ir.Table"]) -> "ir.Table":
    """Give charges the accelerator that their hints tell: no row more or less, hints taken off.

    Adds `accelerator_from`: the hint it was read from, null where the row says it itself or nobody
    does. `named` holds the tables of the hints that name anything.
    """
    plain = [name for name in charges.columns if name not in HINTS]
    if not named:
        return charges.select(*plain, accelerator_from=ibis.null("string"))
    told = _told(charges, named)
    return told.select(
        *(name for name in plain if name not in ("accelerator", "accelerators")),
        "accelerator_from",
        accelerator=told.accelerator_told,
        accelerators=told.accelerators_told,
    )


def summary(charges: "ir.Table", named: Mapping[str, "ir.Table"]) -> "ir.Table":
    """Sum up per kind of telling: given, source, what each hint says, rows, billed, effective.

    `given` is x_Accelerator of the rows, `source` the hint that was followed.
    """
    told = _told(charges, named)
    says = {
        f"says_{hint}": ibis.coalesce(
            told[f"{hint}_accelerator"],
            told[f"{hint}_sku"],
            ibis.cases((told[f"{hint}_machine"].notnull(), NO_ACCELERATOR)),
        )
        for hint in named
    }
    rows = told.select(
        "billed",
        "effective",
        given=told.accelerator,
        source=told.decided_by,
        differs=told.gpus_differ,
        **says,
    )
    return rows.group_by("given", "source", "differs", *says).aggregate(
        rows=rows.count(), billed=rows.billed.sum(), effective=rows.effective.sum()
    )


def notes_of_machines(
    rows: Iterable[tuple[Any, ...]], hints: Sequence[str], at: int, currency: str
) -> list[str]:
    """Say how accelerators were known, and where sources contradict each other.

    `rows` are those of `summary`; `at` is 0 for billed cost and 1 for effective.
    """
    read: dict[str, list[Any]] = {}
    against: dict[tuple[str, str], list[Any]] = {}
    counts: list[Any] = [0, Decimal(0)]
    for given, source, differs, *rest in rows:
        says, (number, *amounts) = rest[: len(hints)], rest[len(hints) :]
        size = (number, amounts[at])
        said = dict(zip(hints, says, strict=True))
        if source is not None and said[source] != NO_ACCELERATOR:
            _add(read.setdefault(source, [0, Decimal(0)]), size)
            if differs:
                _add(counts, size)
        followed = given if given is not None else said.get(source) if source else None
        for hint, other in said.items():
            if other is None or hint == source or followed is None or _same(followed, other):
                continue
            if other == NO_ACCELERATOR and (given is not None or _before(hint, source)):
                continue  # An accelerator attached to a machine that has none of its own.
            winner = "x_Accelerator" if given is not None else HINTS[source]
            _add(against.setdefault((winner, HINTS[hint]), [0, Decimal(0)]), size)
    notes = [
        f"The accelerator of {sized[0]} charges worth {_money(sized[1], currency)} was read from "
        f"the machine type or SKU in {HINTS[hint]}."
        for hint, sized in sorted(read.items(), key=lambda item: hints.index(item[0]))
    ]
    notes += [
        f"{sized[0]} charges worth {_money(sized[1], currency)} name another accelerator in "
        f"{loser} than in {winner}: {winner} was followed."
        for (winner, loser), sized in sorted(against.items())
    ]
    if counts[0]:
        notes.append(
            f"{counts[0]} charges worth {_money(counts[1], currency)} give another GpuCount than "
            "their machine type is known to have: the bill's GpuCount was followed."
        )
    return notes


def _told(charges: "ir.Table", named: Mapping[str, "ir.Table"]) -> "ir.Table":
    """Join what the hints name, and decide: who stands first in `HINTS` wins."""
    order = [hint for hint in HINTS if hint in named]
    told = charges
    fields = ("machine", "accelerator", "accelerators", "gpus", "sku", "part")
    for hint in order:
        table = named[hint].rename({f"{hint}_{name}": name for name in ("text", *fields)})
        told = told.left_join(table, told[hint] == table[f"{hint}_text"]).drop(f"{hint}_text")

    def of(name: str) -> list[Any]:
        return [told[f"{hint}_{name}"] for hint in order]

    def first(name: str) -> Any:
        pairs = zip(of("machine"), of(name), strict=True)
        return ibis.cases(*((machine.notnull(), value) for machine, value in pairs))

    source = ibis.cases(
        *((machine.notnull(), hint) for machine, hint in zip(of("machine"), order, strict=True))
    )
    sku_source = ibis.cases(
        *((sku.notnull(), hint) for sku, hint in zip(of("sku"), order, strict=True))
    )
    told = told.mutate(
        machine_accelerator=first("accelerator"),
        machine_count=first("accelerators"),
        machine_source=source,
        gpu_count=ibis.coalesce(*of("gpus")).nullif(0.0),
        sku_accelerator=ibis.coalesce(*of("sku")),
        sku_source=sku_source,
        in_parts=ibis.or_(*(part.fill_null(False) for part in of("part"))),
    )
    inferred = ibis.coalesce(told.machine_accelerator, told.sku_accelerator)
    own = told.accelerator.notnull()
    derived = ~own & inferred.notnull()
    is_sku = (told.sku_accelerator == inferred).fill_null(False)
    count = ibis.cases(
        (own, ibis.coalesce(told.accelerators, told.gpu_count)),
        (inferred.isnull(), told.accelerators),
        (told.in_parts, 0.0),
        (is_sku, 1.0),
        else_=ibis.coalesce(told.accelerators, told.gpu_count, told.machine_count),
    )
    return told.mutate(
        accelerator_told=ibis.coalesce(told.accelerator, inferred),
        accelerators_told=count,
        accelerator_from=ibis.cases(
            (derived & told.machine_accelerator.notnull(), told.machine_source),
            (derived, told.sku_source),
        ),
        decided_by=ibis.cases(
            (derived & told.machine_accelerator.isnull(), told.sku_source),
            (~own, told.machine_source),
        ),
        gpus_differ=(told.gpu_count != told.machine_count).fill_null(False),
    )


def _in_json(texts: "ir.Table", known: Mapping[str, Machine]) -> "ir.Table":
    pairs = text_pairs(texts, "text")
    key = pairs.key.lower().re_replace("^(x|f)_", "").re_replace(r"[_ -]", "")
    word = pairs.value.strip().lower().replace(" ", "_")
    return _found(
        pairs.select(
            "text",
            machine=ibis.cases((key.isin(TYPE_KEYS), _machine(word, known))),
            gpus=ibis.cases((key.isin(GPU_KEYS), pairs.value.strip().try_cast("float64"))),
            sku=ibis.null("string"),
            part=ibis.literal(0),
        )
    )


def _in_words(texts: "ir.Table", known: Mapping[str, Machine]) -> "ir.Table":
    """Read a machine type that is the whole cell or stands in it as a word, and known SKU texts."""
    low = texts.text.strip().lower()
    whole = texts.select("text", word=low.replace(" ", "_").re_replace(SPOT, ""))
    words = texts.select("text", word=low.re_split(WORDS).unnest())
    words = words.mutate(word=words.word.re_replace(r"^[._-]+|[._-]+$", ""))
    both = whole.union(words, distinct=True)
    both = both.filter(both.word.isin(list(known)))
    real = ibis.null("float64")
    first = both.select(
        "text",
        machine=_machine(both.word, known),
        gpus=real,
        sku=ibis.null("string"),
        part=ibis.literal(0),
    )
    sku = ibis.cases(
        *(
            (ibis.or_(*(low.startswith(phrase + end) for end in SKU_ENDS)), name)
            for phrase, name in ACCELERATOR_SKUS.items()
        )
    )
    second = texts.select(
        "text",
        machine=ibis.null("string"),
        gpus=real,
        sku=sku,
        part=low.re_search(PART).cast("int8"),
    )
    return _found(first.union(second, distinct=False))


def _found(table: "ir.Table") -> "ir.Table":
    return table.filter(
        table.machine.notnull() | table.gpus.notnull() | table.sku.notnull() | (table.part > 0)
    )


def _machine(word: Any, known: Mapping[str, Machine]) -> Any:
    return _look_up(word, {name: machine.name for name, machine in known.items()}, "string")


def _look_up(word: Any, values: Mapping[str, Any], kind: str) -> Any:
    if not values:
        return ibis.null(kind)
    return word.cases(*values.items()).cast(kind)


def _same(one: str, other: str) -> bool:
    if NO_ACCELERATOR in (one, other):
        return one == other
    return matches_accelerator(one, other) or matches_accelerator(other, one)


def _before(hint: str, other: str) -> bool:
    order = list(HINTS)
    return order.index(hint) < order.index(other)


def _add(total: list[Any], size: tuple[int, Any]) -> None:
    total[0] += size[0]
    total[1] += size[1]


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:.2f} {currency}"
