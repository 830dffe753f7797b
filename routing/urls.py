from __future__ import annotations

from django.urls import path

from routing.views import inbox, people

urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<slug:queue>/", inbox.inbox, name="queue"),
    path("inbox/<slug:queue>/<int:conversation_id>/", inbox.inbox, name="conversation"),
    path("conversations/<int:conversation_id>/assign/", people.assign, name="assign"),
    path("me/", people.me, name="me"),
    path("me/availability/", people.availability, name="availability"),
]
