"""Rules in their order, one rule's form, and what a rule would have matched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox import describing
from inbox.downstream import policy
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services.conversations import Refused
from routing import ruleversions, setup
from routing.forms import RuleForm
from routing.models import Rule, Team
from routing.services import changes, preview, ruling
from routing.services import rules as matching
from routing.services.preview import Preview
from routing.services.roles import led_teams
from routing.views.settings import attempt

ACTIONS: dict[str, Callable[..., str]] = {
    "up": lambda **who: ruling.move(by=-1, **who),
    "down": lambda **who: ruling.move(by=1, **who),
    "on": lambda **who: ruling.switch(on=True, **who),
    "off": lambda **who: ruling.switch(on=False, **who),
    "delete": ruling.delete,
    "restore": ruling.restore,
}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The rules in the order in which they are asked, with what is wrong with any of them."""
    require(request.user, "see_settings")
    led = led_teams(request.user)
    rules = list(matching.active().select_related("team", "agent", "topic"))
    trouble, pulls = setup.trouble_of_rules(rules), setup.pulls_of_rules(rules)
    names, known = setup.account_names(), describing.vocabulary()
    shown = {
        "rules": [
            {
                "rule": rule,
                "conditions": matching.conditions(rule, names, known),
                "may": rule.team_id in led,
                "trouble": trouble.get(rule.pk, ""),
                "pulls": pulls.get(rule.pk, ""),
            }
            for rule in rules
        ],
        "deleted": setup.deleted_rules(led),
        "may_add": bool(led),
        "help_desk": Team.objects.filter(kind=Team.Kind.HELP_DESK).first(),
        "history": changes.history("rule"),
        "here": "settings",
        "part": "rules",
    }
    return render(request, "routing/settings/rules.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
    """One rule's form, with the preview beside it."""
    require(request.user, "see_settings")
    rule = get_object_or_404(matching.active(), pk=rule_id) if rule_id else None
    if rule and rule.team_id not in led_teams(request.user):
        raise Http404(gettext("This rule is another team's."))
    form, refused = RuleForm(teams=_teams(request), rule=rule), ""
    if rule and (number := whole(request.POST.get("version"))):
        who = {"rule_id": rule.pk, "actor": person(request)}
        return attempt(request, lambda: _take_again(number, **who), reverse("settings_rule", args=[rule.pk]))
    if request.method == "POST":
        form = RuleForm(request.POST, teams=_teams(request), rule=rule)
        if form.is_valid():
            try:
                saved = ruling.save(rule_id=rule_id, values=form.cleaned_data, actor=person(request))
                return redirect(reverse("settings_rules") + f"#rule-{saved.pk}")
            except Refused as error:
                refused = str(error)
    shown: dict[str, Any] = {
        **{
            f"chosen_{name}": [int(pk) for pk in form[of].value() or [] if str(pk).isdecimal()]
            for name, of in (("accounts", "connections"), ("tags", "tags"), ("vips", "vips"))
        },
        "rule": rule, "form": form, "refused": refused, "versions": ruleversions.of(rule) if rule else [],
        "history": changes.history("rule", rule.pk) if rule else [],
        "here": "settings", "part": "rules", "sees": _sees(request),
    }  # fmt: skip
    if rule and request.method != "POST":
        shown["preview"] = _preview(request, rule)
    return render(request, "routing/settings/rule.html", shown, status=400 if refused or form.errors else 200)


def _take_again(number: int, **who: Any) -> str:
    rule = ruling.take_again(number=number, **who)
    return gettext("“%(name)s” is as version %(number)s was.") % {"name": rule.name, "number": number}


@require_POST
def act(request: HttpRequest, rule_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on one rule."""
    require(request.user, "see_settings")
    if action not in ACTIONS:
        raise Http404
    who = {"rule_id": rule_id, "actor": person(request)}
    return attempt(request, lambda: ACTIONS[action](**who), reverse("settings_rules"))


@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """What the rule in the form would have matched, saved or not. ``before`` goes on where a page ended."""
    require(request.user, "see_settings")
    rule_id = whole(request.GET.get("rule"))
    known = matching.active().filter(pk=rule_id, team__in=led_teams(request.user)).first() if rule_id else None
    form = RuleForm(request.GET, teams=_teams(request))
    form.is_valid()
    values = {name: value for name, value in form.cleaned_data.items() if name not in ("team", "agent", "topic")}
    rule = Rule(pk=known.pk if known else None, position=known.position if known else 0, **values)
    wrong = {name: errors for name, errors in form.errors.items() if name not in ("name", "team", "agent", "topic")}
    before = whole(request.GET.get("before")) if _sees(request) else None  # without rows there is no next page
    query = request.GET.copy()
    query.pop("before", None)
    shown = {
        "wrong": wrong,
        "preview": None if wrong else _preview(request, rule, before),
        "before": before,
        "query": query.urlencode(),
        "sees": _sees(request),
        "here": "settings",
        "part": "rules",
    }
    template = "_preview" if request.htmx else "preview"  # type: ignore[attr-defined]
    return render(request, f"routing/settings/{template}.html", shown)


def _preview(request: HttpRequest, rule: Rule, before: int | None = None) -> Preview:
    if not _sees(request):
        return preview.counted(rule)
    return preview.preview(rule, viewer=person(request), before=before)


def _sees(request: HttpRequest) -> bool:
    """Whether they read conversations besides setting up rules."""
    return policy().permits(request.user, "assign_anyone")


def _teams(request: HttpRequest) -> Any:
    return Team.objects.filter(pk__in=led_teams(request.user)).order_by("name")
