from __future__ import annotations

from django.urls import path

from routing import api
from routing.views import bulk, inbox, people, posts, search, settings, welcome
from routing.views.settings import answers, macros, private, rules, tags, teams
from routing.views.settings import people as colleagues

_ONE = "api/v1/conversations/<int:conversation_id>"

urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<slug:queue>/", inbox.inbox, name="queue"),
    path("inbox/<slug:queue>/<int:conversation_id>/", inbox.inbox, name="conversation"),
    path("bulk/", bulk.start, name="bulk_start"),
    path("bulk/choices/", bulk.choices, name="bulk_choices"),
    path("bulk/<int:job_id>/", bulk.one, name="bulk"),
    path("bulk/<int:job_id>/<slug:action>/", bulk.act, name="bulk_act"),
    path("posts/<int:connection_id>/", posts.post, name="post"),
    path("search/", search.search, name="search"),
    path("search/people/", search.people, name="search_people"),
    path("search/saved/", search.save, name="search_save"),
    path("search/saved/<int:saved_id>/<slug:action>/", search.act, name="search_act"),
    path("api/v1/search/", api.SearchView.as_view(), name="api_search"),
    path("conversations/<int:conversation_id>/assign/", people.assign, name="assign"),
    path("accounts/welcome/", welcome.choose, name="welcome_choose"),
    path("accounts/welcome/<str:token>/", welcome.opened, name="welcome"),
    path("me/", people.me, name="me"),
    path("me/password/", people.password, name="password"),
    path("conversations/<int:conversation_id>/accept/", people.accept, name="accept"),
    path("conversations/<int:conversation_id>/give-back/", people.give_back, name="give_back"),
    path("me/here/", people.here, name="here"),
    path("me/away/", people.away, name="away"),
    path("me/availability/", people.availability, name="availability"),
    path("api/v1/conversations/", api.ConversationsView.as_view(), name="api_conversations"),
    path(f"{_ONE}/", api.ConversationView.as_view(), name="api_conversation"),
    path(f"{_ONE}/resolve/", api.ResolveView.as_view(), name="api_resolve"),
    path(f"{_ONE}/reopen/", api.ReopenView.as_view(), name="api_reopen"),
    path(f"{_ONE}/snooze/", api.SnoozeView.as_view(), name="api_snooze"),
    path(f"{_ONE}/assignments/", api.AssignmentsView.as_view(), name="api_assignments"),
    path("settings/", settings.start, name="settings"),
    path("settings/teams/", teams.overview, name="settings_teams"),
    path("settings/teams/<int:team_id>/", teams.team, name="settings_team"),
    path("settings/teams/<int:team_id>/members/", teams.members, name="settings_members"),
    path("settings/topics/", teams.topics, name="settings_topics"),
    path("settings/people/", colleagues.overview, name="settings_people"),
    path("settings/people/add/", colleagues.add, name="settings_person_add"),
    path("settings/people/<int:user_id>/link/", colleagues.link, name="settings_person_link"),
    path("settings/people/<int:user_id>/", colleagues.one, name="settings_person"),
    path("settings/rules/", rules.overview, name="settings_rules"),
    path("settings/rules/new/", rules.one, name="settings_rule_new"),
    path("settings/rules/preview/", rules.look, name="settings_preview"),
    path("settings/rules/<int:rule_id>/", rules.one, name="settings_rule"),
    path("settings/rules/<int:rule_id>/<slug:action>/", rules.act, name="settings_rule_act"),
    path("settings/macros/", macros.overview, name="settings_macros"),
    path("settings/macros/<int:macro_id>/", macros.one, name="settings_macro"),
    path("settings/records/", private.records, name="settings_records"),
    path("settings/records/<int:upload_id>/", private.records_file, name="settings_records_file"),
    path("settings/public/", private.public, name="settings_public"),
    path("settings/answers/", answers.overview, name="settings_answers"),
    path("settings/tags/", tags.overview, name="settings_tags"),
    path("settings/tags/<int:tag_id>/<slug:action>/", tags.act, name="settings_tag_act"),
    path("settings/answers/<int:connection_id>/", answers.account, name="settings_account"),
]
