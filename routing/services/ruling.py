"""Setting up rules: making, changing, ordering, switching, deleting and taking that back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from connectors.models import Connection
from inbox import describing
from inbox.services import networks
from inbox.services.conversations import Refused
from routing.models import Membership, Rule, RuleVersion, Team, Topic
from routing.services import changes, rules
from routing.services.hands import display_name
from routing.services.roles import led_teams

FIELDS = (
    "name", "networks", "connections", "words", "languages", "authors", "min_followers", "max_followers",
    "visibility", "tags", "vips", "fields", "team", "agent", "topic",
)  # fmt: skip
ROWS: Mapping[str, Any] = {"team": Team, "agent": User, "topic": Topic}  # those that point to a row


@transaction.atomic
def save(*, rule_id: int | None, values: Mapping[str, Any], actor: AbstractBaseUser) -> Rule:
    """Make a rule (last in the order) or change one. ``values`` are FIELDS, cleaned. Raises Refused."""
    order = _locked()
    rule = _own(order, rule_id, actor) if rule_id else Rule(position=order[-1].position + 1 if order else 1)
    return _change(rule, values, actor)


@transaction.atomic
def take_again(*, rule_id: int, number: int, actor: AbstractBaseUser) -> Rule:
    """Let a rule ask and do again what its version ``number`` did. Raises Refused."""
    rule = _own(_locked(), rule_id, actor)
    version = RuleVersion.objects.filter(rule=rule, number=number).first()
    if version is None:
        raise Refused(gettext("There is no such version of this rule. Reload the page."))
    return _change(rule, _again(version), actor)


def values_of(rule: Rule) -> dict[str, Any]:
    """What a version keeps of a rule: FIELDS, the ROWS by their ids."""
    return {name: getattr(rule, f"{name}_id" if name in ROWS else name) for name in FIELDS}


def _again(version: RuleVersion) -> dict[str, Any]:
    """FIELDS as save() takes them."""
    values = {name: version.values[name] for name in FIELDS}
    for name, model in ROWS.items():
        if values[name] is not None:
            values[name] = model.objects.filter(pk=values[name]).first()
            if values[name] is None:
                raise Refused(gettext("What this version gave to is gone. Change the rule by hand."))
    return values


def _change(rule: Rule, values: Mapping[str, Any], actor: AbstractBaseUser) -> Rule:
    """With every change the version that it ends is kept, and the rule is the next one."""
    is_new = rule.pk is None
    before, was = ({}, {}) if is_new else (facts(rule), values_of(rule))
    for name in FIELDS:
        setattr(rule, name, values[name])
    check(rule, actor)
    if not is_new and values_of(rule) != was:
        RuleVersion.objects.create(rule=rule, number=rule.version, values=was, by_id=actor.pk)
        rule.version += 1
    rule.save()
    if (after := facts(rule)) != before:
        changes.tell("rule", rule.pk, actor, before=before, after=after, name=rule.name)
    return rule


@transaction.atomic
def move(*, rule_id: int, by: int, actor: AbstractBaseUser) -> str:
    """One place up (-1) or down (+1). Raises Refused."""
    order = _locked()
    rule = _own(order, rule_id, actor)
    old = order.index(rule)
    new = min(max(old + by, 0), len(order) - 1)
    if old == new:
        said = gettext("“%(name)s” is first already.") if by < 0 else gettext("“%(name)s” is last already.")
        return said % {"name": rule.name}
    order.insert(new, order.pop(old))
    for position, row in enumerate(order, 1):
        row.position = position
    Rule.objects.bulk_update(order, ["position"])
    changes.tell("rule", rule.pk, actor, before={"place": old + 1}, after={"place": new + 1}, name=rule.name)
    return gettext("“%(name)s” is asked as number %(number)s now.") % {"name": rule.name, "number": new + 1}


@transaction.atomic
def switch(*, rule_id: int, on: bool, actor: AbstractBaseUser) -> str:
    """Let a rule decide, or pass it over. Raises Refused."""
    rule = _own(_locked(), rule_id, actor)
    if rule.enabled != on:
        Rule.objects.filter(pk=rule.pk).update(enabled=on)
        changes.tell(
            "rule",
            rule.pk,
            actor,
            did=gettext_noop("switched it on") if on else gettext_noop("switched it off"),
            name=rule.name,
        )
    said = gettext("“%(name)s” decides from now on.") if on else gettext("“%(name)s” is passed over from now on.")
    return said % {"name": rule.name}


@transaction.atomic
def delete(*, rule_id: int, actor: AbstractBaseUser) -> str:
    """Take a rule away; restore() brings it back where it was. Raises Refused."""
    rule = _own(_locked(), rule_id, actor)
    Rule.objects.filter(pk=rule.pk).update(deleted_at=timezone.now())
    changes.tell("rule", rule.pk, actor, did=gettext_noop("deleted it"), name=rule.name)
    return gettext("“%(name)s” is deleted.") % {"name": rule.name}


@transaction.atomic
def restore(*, rule_id: int, actor: AbstractBaseUser) -> str:
    """Undo a deletion. Raises Refused."""
    rule = Rule.objects.select_for_update(of=("self",)).filter(pk=rule_id).select_related("team").first()
    if rule is None:
        raise Refused(gettext("There is no such rule."))
    _require(rule, actor)
    if rule.deleted_at is not None:
        Rule.objects.filter(pk=rule.pk).update(deleted_at=None)
        changes.tell("rule", rule.pk, actor, did=gettext_noop("brought it back"), name=rule.name)
    return gettext("“%(name)s” is back.") % {"name": rule.name}


def with_tag(tag_id: int) -> QuerySet[Rule]:
    """Those that ask for a tag and were not deleted."""
    return Rule.objects.filter(tags__contains=[tag_id], deleted_at=None)


def replace_tag(*, old: int, new: int) -> list[Any]:
    """Let every rule ask for another tag, deleted ones too: they may be brought back. For put_back()."""
    changed = []
    for rule in Rule.objects.select_for_update().filter(tags__contains=[old]).order_by("pk"):
        tags = list(dict.fromkeys(new if tag == old else tag for tag in rule.tags))
        changed.append([rule.pk, rule.tags, tags])
        Rule.objects.filter(pk=rule.pk).update(tags=tags)
    return changed


def put_back(changed: Sequence[Any]) -> None:
    """As they were, where nobody has changed them since."""
    for pk, before, after in changed:
        Rule.objects.filter(pk=pk, tags=after).update(tags=before)


def check(rule: Rule, actor: AbstractBaseUser) -> None:
    """Raises Refused for a rule that could not work, or that is not the actor's to make."""
    _require(rule, actor)
    if rule.agent and not Membership.objects.filter(team=rule.team, user=rule.agent).exists():
        said = gettext("%(agent)s does not work in %(team)s. Choose one of its members.")
        raise Refused(said % {"agent": display_name(rule.agent), "team": rule.team.name})
    if None not in (rule.min_followers, rule.max_followers) and rule.min_followers > rule.max_followers:  # type: ignore[operator]
        raise Refused(gettext("At least is more than at most, so nobody could match. Swap the two."))


def facts(rule: Rule) -> dict[str, Any]:
    """What of a rule its history tells, by label."""
    return {
        "name": rule.name,
        "networks": [networks.shown(key).label for key in rule.networks],
        "accounts": list(Connection.objects.filter(pk__in=rule.connections).values_list("name", flat=True)),
        "words": list(rule.words),
        "languages": [rules.language_name(rules.language_of(code) or code) for code in rule.languages],
        "authors": [f"@{name}" for name in rule.authors],
        gettext_noop("at least followers"): rule.min_followers,
        gettext_noop("at most followers"): rule.max_followers,
        "written": {"public": "publicly", "direct": "privately"}.get(rule.visibility, ""),
        **rules.described(rule, describing.vocabulary()),
        "team": rule.team.name,
        "person": display_name(rule.agent) if rule.agent else "",
        "topic": rule.topic.name if rule.topic else "",
    }


def _locked() -> list[Rule]:
    """Every rule in its order, all held: orders are changed one after another."""
    return list(
        Rule.objects.select_for_update(of=("self",))
        .filter(deleted_at=None)
        .select_related("team", "agent", "topic")
        .order_by("position", "id")
    )


def _own(order: list[Rule], rule_id: int | None, actor: AbstractBaseUser) -> Rule:
    rule = next((row for row in order if row.pk == rule_id), None)
    if rule is None:
        raise Refused(gettext("There is no such rule any more. Reload the page."))
    _require(rule, actor)
    return rule


def _require(rule: Rule, actor: AbstractBaseUser) -> None:
    if rule.team_id not in led_teams(actor):
        raise Refused(gettext("Only an admin or a lead of %(team)s changes this rule.") % {"team": rule.team.name})
