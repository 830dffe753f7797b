from __future__ import annotations

import zoneinfo

from django import forms

from routing.models import AgentProfile

THEMES = [("", "As the system"), ("light", "Light"), ("dark", "Dark")]


class SettingsForm(forms.ModelForm[AgentProfile]):
    """What a person sets for themselves; role and capacity are not theirs to change."""

    theme = forms.ChoiceField(choices=THEMES, required=False, widget=forms.RadioSelect)

    class Meta:
        model = AgentProfile
        fields = ["theme", "single_keys", "time_zone"]

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone not in zoneinfo.available_timezones():
            raise forms.ValidationError("Choose a time zone from the list, for example Europe/Stockholm.")
        return zone
