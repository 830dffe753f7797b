"""Who a session belongs to, with their profile: every page asks for both."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class PeopleBackend(ModelBackend):
    """Django's own, with user and profile read in one statement."""

    def get_user(self, user_id: int) -> User | None:
        person = User.objects.select_related("profile").filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None
