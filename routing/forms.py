from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from connectors.models import Connection
from inbox import asks, describing
from inbox.describing import Described
from inbox.services import networks
from routing import controls
from routing.models import AgentProfile, Digest, Rule, Team, Topic
from routing.services.hands import display_name

THEMES = [("", gettext_lazy("As the system")), ("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))]
VISIBILITIES = [
    ("", gettext_lazy("Publicly or privately")),
    ("public", gettext_lazy("Publicly only")),
    ("direct", gettext_lazy("Privately only")),
]
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_LANGUAGES = {str(info["name"]).casefold(): code for code, info in LANG_INFO.items() if "name" in info}
_MOST_WORDS = 200


class SettingsForm(forms.ModelForm[AgentProfile]):
    """What a person sets for themselves; role and capacity are not theirs to change."""

    theme = forms.ChoiceField(choices=THEMES, required=False, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        choices=[("", gettext_lazy("As the browser says")), *settings.LANGUAGES],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a language from the list.")},
    )

    class Meta:
        model = AgentProfile
        fields = ["theme", "single_keys", "time_zone", "language"]

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone not in zoneinfo.available_timezones():
            raise forms.ValidationError(gettext("Choose a time zone from the list, for example Europe/Stockholm."))
        return zone


class NoticesForm(forms.Form):
    """How somebody wants to hear of what concerns them."""

    desktop = forms.ChoiceField(choices=AgentProfile.Desktop.choices, required=False, widget=forms.RadioSelect)
    how = forms.ChoiceField(
        choices=[("", gettext_lazy("No mails")), *Digest.How.choices], required=False, widget=forms.RadioSelect
    )
    hour = forms.TypedChoiceField(choices=[(hour, f"{hour:02d}:00") for hour in range(24)], coerce=int)
    email = forms.EmailField(
        max_length=254,
        required=False,
        error_messages={"invalid": gettext_lazy("This is no e-mail address. Write it like name@example.com.")},
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("how") and not found.get("email") and "email" not in self.errors:
            self.add_error("email", gettext("Say where the mails go, or choose no mails."))
        return found


class OwnPasswordForm(PasswordChangeForm):
    """Django's, but wrong current passwords count as failed sign-ins: a borrowed session guesses no further."""

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        self.request = request
        super().__init__(user, data)

    def clean_old_password(self) -> str:
        old = str(self.cleaned_data["old_password"])
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(gettext("That is not your current password."))
        return old


class Several(forms.CharField):
    """Entries one a line or between commas, each once, in their order."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        self.longest = longest
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = str(super().clean(value)).replace("\0", "")
        entries = list(dict.fromkeys(" ".join(part.split()) for part in re.split(r"[,\n]", text)))
        entries = [entry for entry in entries if entry]
        for entry in entries:
            if len(entry) > self.longest:
                raise forms.ValidationError(
                    gettext("“%(entry)s…” is longer than %(longest)s characters. Shorten it.")
                    % {"entry": entry[:20], "longest": self.longest}
                )
        if len(entries) > _MOST_WORDS:
            raise forms.ValidationError(
                gettext("At most %(most_words)s entries. Make a second rule for the rest.")
                % {"most_words": _MOST_WORDS}
            )
        return entries


class People(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        return display_name(obj)


def _choices(rows: Sequence[Described], kept: Sequence[int], gone: str) -> list[tuple[Any, str]]:
    """What may be chosen, without what is archived; what a rule has already stays, so that saving loses nothing."""
    known = {row["id"]: row["name"] for row in rows}
    offered = [(row["id"], row["name"]) for row in rows if not row.get("archived") or row["id"] in kept]
    return offered + [(pk, gone) for pk in kept if pk not in known]


class RuleForm(forms.Form):
    """A rule as a person writes it down. ``teams`` are those that its author may rule for."""

    name = forms.CharField(
        max_length=120, error_messages={"required": gettext_lazy("Give the rule a name, for example Refunds.")}
    )
    words = Several(longest=80, widget=forms.Textarea)
    languages = Several(longest=40)
    authors = Several(longest=200)
    networks = forms.MultipleChoiceField(required=False)
    connections = forms.TypedMultipleChoiceField(required=False, coerce=int)
    min_followers = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    max_followers = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    visibility = forms.ChoiceField(required=False, choices=VISIBILITIES)
    tags = forms.TypedMultipleChoiceField(required=False, coerce=int)
    vips = forms.TypedMultipleChoiceField(required=False, coerce=int)
    team = forms.ModelChoiceField(
        queryset=Team.objects.none(),
        empty_label=gettext_lazy("Choose a team"),
        error_messages={
            "required": gettext_lazy("Choose the team that gets it."),
            "invalid_choice": gettext_lazy("Choose one of the teams that you lead."),
        },
    )
    topic = forms.ModelChoiceField(
        queryset=Topic.objects.all(), required=False, empty_label=gettext_lazy("Anybody there")
    )
    agent = People(queryset=None, required=False, empty_label=gettext_lazy("Nobody in particular"))

    def __init__(self, data: Any = None, *, teams: Any, rule: Rule | None = None) -> None:
        initial = {name: getattr(rule, name) for name in self.base_fields} if rule else {}
        super().__init__(data, initial=initial)
        known = describing.vocabulary()
        self.choose("tags", _choices(known.tags, rule.tags if rule else (), gettext("a tag that is gone")))
        self.choose("vips", _choices(known.lists, rule.vips if rule else (), gettext("a list that is gone")))
        kept = {pk: said for pk, _, said in rule.fields} if rule else {}
        self.controls = controls.shown(known.fields, kept if data is None else controls.read(data))
        accounts = list(Connection.objects.order_by("name", "id"))
        keys = dict.fromkeys([*(row.network for row in accounts), *(rule.networks if rule else ())])
        self.choose("networks", [(key, networks.shown(key).label) for key in keys])
        self.choose("connections", [(row.pk, row.name) for row in accounts])
        self.offer("team", teams)
        members = User.objects.filter(is_active=True, memberships__team__in=teams).distinct()
        self.offer("agent", members.order_by("first_name", "username"))
        for name in ("team", "topic", "agent"):
            self.fields[name].widget.attrs.update({"class": "inp", "id": name})

    @property
    def asks_fields(self) -> bool:
        """Whether any control of a field says something."""
        return any(row["said"] or row["until"] for row in self.controls)

    def choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def offer(self, name: str, rows: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = rows

    def clean(self) -> dict[str, Any]:
        """What is asked of the desk's own fields comes by their controls."""
        cleaned = dict(super().clean() or {})
        try:
            cleaned["fields"] = [ask.kept for ask in asks.read_each(controls.read(self.data))]
        except asks.Unasked as error:
            self.add_error(None, str(error))
            cleaned["fields"] = []
        return cleaned

    def clean_languages(self) -> list[str]:
        found = []
        for entry in self.cleaned_data["languages"]:
            code = _LANGUAGES.get(entry.casefold(), entry.casefold().replace("_", "-"))
            if not _CODE.fullmatch(code):
                raise forms.ValidationError(
                    gettext("“%(name)s” is no language we know. Write its code, for example fr.") % {"name": entry}
                )
            found.append(code)
        return found

    def clean_authors(self) -> list[str]:
        return [entry.removeprefix("@") for entry in self.cleaned_data["authors"] if entry != "@"]


_NO_CAPACITY = gettext_lazy("Capacity is a number from 0 to 500.")


class NewPersonForm(forms.Form):
    """Somebody who shall get an account. Whether the role works in these teams, the service says."""

    username = forms.CharField(
        max_length=150, error_messages={"required": gettext_lazy("Give them a name to sign in with.")}
    )
    first_name = forms.CharField(
        max_length=150, error_messages={"required": gettext_lazy("Colleagues read this name. Fill it in.")}
    )
    last_name = forms.CharField(max_length=150, required=False)
    role = forms.ChoiceField(
        choices=AgentProfile.Role.choices, error_messages={"required": gettext_lazy("Choose a role.")}
    )
    capacity = forms.IntegerField(
        min_value=0, max_value=500, error_messages={"required": _NO_CAPACITY, "invalid": _NO_CAPACITY}
    )
    teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )


class PersonForm(forms.Form):
    """What a person may do. A lead's form has no role and no sign-in."""

    role = forms.ChoiceField(choices=AgentProfile.Role.choices)
    active = forms.BooleanField(required=False)
    capacity = forms.IntegerField(
        min_value=0, max_value=500, error_messages={"required": gettext_lazy("Capacity is a number from 0 to 500.")}
    )
    takes_conversations = forms.BooleanField(required=False)
    needs_approval = forms.BooleanField(required=False)
    topics = forms.ModelMultipleChoiceField(
        queryset=Topic.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )


class TeamForm(forms.Form):
    """A team. A lead's form has neither name nor kind."""

    name = forms.CharField(max_length=80, error_messages={"required": gettext_lazy("Give the team a name.")})
    kind = forms.ChoiceField(choices=Team.Kind.choices)
    topics = forms.ModelMultipleChoiceField(
        queryset=Topic.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    returns_after = forms.IntegerField(required=False, min_value=1)
