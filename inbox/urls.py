from __future__ import annotations

from django.urls import path

from inbox import api
from inbox.views import connections, conversations, outbox

urlpatterns = [
    path("conversations/<int:conversation_id>/compose/", conversations.compose, name="compose"),
    path("conversations/<int:conversation_id>/resolve/", conversations.resolve, name="resolve"),
    path("conversations/<int:conversation_id>/reopen/", conversations.reopen, name="reopen"),
    path("conversations/<int:conversation_id>/snooze/", conversations.snooze, name="snooze"),
    path("outbox/<int:item_id>/<slug:action>/", outbox.act, name="outbox_act"),
    path("trouble/", outbox.trouble, name="trouble"),
    path("connections/", connections.health, name="connections"),
    path("connections/<int:connection_id>/<slug:action>/", connections.switch, name="connection_switch"),
    path("api/v1/measure/", api.MeasureView.as_view(), name="api_measure"),
    path("api/v1/conversations/<int:conversation_id>/", api.ConversationView.as_view(), name="api_conversation"),
]
