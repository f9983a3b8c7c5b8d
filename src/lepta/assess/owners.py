"""Who owns a charge: x_Team and x_Workload of the row, else its tags."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis

from lepta.domain.assessment import UNALLOCATED, UNKNOWN
from lepta.domain.charges import TEAM_TAGS, WORKLOAD_TAGS, Category

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["owned", "tag_owners", "tag_texts", "text_pairs", "unreadable", "with_tags"]

PREFIX = r"^(user|label|labels|tag|tags)[:/]"


def tag_owners(
    charges: "ir.Table",
    *,
    team_tags: Sequence[str] = TEAM_TAGS,
    workload_tags: Sequence[str] = WORKLOAD_TAGS,
) -> "ir.Table":
    """Give `tags, tag_team, tag_workload` for each distinct text of tags that names an owner.

    Bills repeat few texts in many rows: each is parsed once. Of several keys the one that stands
    first in `team_tags` wins; null and blank values name nobody.
    """
    texts = charges.filter(charges.tags.notnull()).select("tags").distinct()
    pairs = text_pairs(texts, "tags").rename(raw="key")
    pairs = pairs.mutate(key=_key(pairs.raw), value=pairs.value.strip())
    pairs = pairs.filter(pairs.value.notnull() & ~pairs.value.isin(["", "null", "NULL"]))

    def first(names: Sequence[str]) -> Any:
        keys = list(dict.fromkeys(plain_key(name) for name in names))
        rank = pairs.key.cases(*((key, f"{place:03d}") for place, key in enumerate(keys)))
        return pairs.value.argmin(rank + pairs.raw, where=rank.notnull())

    return (
        pairs.group_by("tags")
        .aggregate(tag_team=first(team_tags), tag_workload=first(workload_tags))
        .filter(lambda t: t.tag_team.notnull() | t.tag_workload.notnull())
    )


def tag_texts(charges: "ir.Table") -> "ir.Table":
    """Give each text of tags once: to be computed on its own.

    An engine would otherwise parse the tags of every row, before it makes them distinct.
    """
    return charges.filter(charges.tags.notnull()).select("tags").distinct()


def unreadable(texts: "ir.Table") -> "ir.Table":
    """Keep the texts of tags that are no JSON object."""
    return _parsed(texts, "tags").filter(lambda t: t.pairs.isnull()).select("tags")


def with_tags(charges: "ir.Table", texts: "ir.Table") -> "ir.Table":
    """Sum up the charges that carry one of these texts of tags: `rows, billed, effective`."""
    found = charges.semi_join(texts, "tags")
    return found.aggregate(
        rows=found.count(), billed=found.billed.sum(), effective=found.effective.sum()
    )


def owned(charges: "ir.Table", owners: "ir.Table") -> "ir.Table":
    """Add `own_team`, `own_workload` (null: nobody named) and the keys of the partition.

    Whoever a row names owns it, whatever its category, so that a pivot of the bill by tag agrees.
    Service of a row without one: its category when that is not Usage, for taxes have no service.
    """
    joined = charges.left_join(owners, charges.tags == owners.tags)
    category = charges.category
    named = ibis.cases((category != str(Category.USAGE), category), else_=UNKNOWN)
    return joined.select(
        *(charges[name] for name in charges.columns if name not in ("team", "workload", "tags")),
        own_team=ibis.coalesce(charges.team, owners.tag_team),
        own_workload=ibis.coalesce(charges.workload, owners.tag_workload),
        day=charges.start.date(),
        service_key=ibis.coalesce(charges.service, named),
        region_key=ibis.coalesce(charges.region, UNKNOWN),
        accelerator_key=ibis.coalesce(charges.accelerator, UNKNOWN),
    )


def or_nobody(column: Any) -> Any:
    """Name the owner, or say that there is none."""
    return ibis.coalesce(column, UNALLOCATED)


def plain_key(name: str) -> str:
    """Compare tag keys without letter case, separators and prefix."""
    lowered = name.lower()
    for prefix in ("user", "labels", "label", "tags", "tag"):
        for mark in ":/":
            lowered = lowered.removeprefix(prefix + mark)
    return "".join(letter for letter in lowered if letter not in "-_. ")


def _key(column: Any) -> Any:
    return column.lower().re_replace(PREFIX, "").re_replace(r"[-_. ]", "")


def text_pairs(texts: "ir.Table", name: str) -> "ir.Table":
    """Give the text, `key` and `value` of each pair of JSON objects that are texts of a column."""
    parsed = _parsed(texts, name)
    return parsed.select(
        name, key=parsed.pairs.keys().unnest(), value=parsed.pairs.values().unnest()
    )


def _parsed(texts: "ir.Table", name: str) -> "ir.Table":
    """Give texts with their pairs as maps; Azure leaves the braces out, which is mended."""
    text = texts[name]
    whole = ibis.cases((text.startswith("{"), text), else_=ibis.literal("{") + text + "}")
    return texts.mutate(pairs=whole.try_cast("json").try_cast("map<string, string>"))
