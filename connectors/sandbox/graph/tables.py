"""Graph's tables in the network's memory. Ids are the store's; what the API shows is made of them in ids.py."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS fb_pages (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE COLLATE NOCASE,
    doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fb_tokens (token TEXT PRIMARY KEY, page_id INTEGER NOT NULL, issued_at REAL NOT NULL,
    subcode INTEGER, dead_at REAL);
CREATE TABLE IF NOT EXISTS fb_app (id TEXT PRIMARY KEY, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fb_people (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE COLLATE NOCASE,
    doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fb_scoped (psid INTEGER PRIMARY KEY, page_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
    UNIQUE (page_id, person_id));
CREATE TABLE IF NOT EXISTS fb_items (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, page_id INTEGER NOT NULL,
    post_id INTEGER NOT NULL, parent_id INTEGER, author_id INTEGER NOT NULL, created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL, hidden INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0,
    doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fb_items_page ON fb_items (page_id, created_ms, id) WHERE kind != 'comment';
CREATE INDEX IF NOT EXISTS fb_items_post ON fb_items (post_id, created_ms, id) WHERE kind = 'comment';
CREATE INDEX IF NOT EXISTS fb_items_parent ON fb_items (parent_id, created_ms, id);
CREATE INDEX IF NOT EXISTS fb_items_author ON fb_items (author_id, id);
CREATE TABLE IF NOT EXISTS fb_likes (item_id INTEGER, page_id INTEGER, PRIMARY KEY (item_id, page_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_blocked (page_id INTEGER, person_id INTEGER, PRIMARY KEY (page_id, person_id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_photos (id INTEGER PRIMARY KEY, page_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    mime TEXT NOT NULL, alt TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fb_threads (id INTEGER PRIMARY KEY, page_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL, UNIQUE (page_id, person_id));
CREATE INDEX IF NOT EXISTS fb_threads_page ON fb_threads (page_id, updated_ms, id);
CREATE TABLE IF NOT EXISTS fb_messages (id INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, thread_id INTEGER NOT NULL,
    ours INTEGER NOT NULL, created_ms INTEGER NOT NULL, item_id INTEGER, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fb_messages_thread ON fb_messages (thread_id, created_ms, id);
CREATE INDEX IF NOT EXISTS fb_messages_item ON fb_messages (item_id) WHERE item_id IS NOT NULL;
"""
OWNED: Final = ("fb_app", "fb_pages", "fb_tokens")  # stay when all else is forgotten
FORGOTTEN: Final = (
    *("fb_people", "fb_scoped", "fb_items", "fb_likes", "fb_blocked", "fb_photos"),
    *("fb_threads", "fb_messages"),
)
NUMBERED: Final = ("fb_pages", "fb_people", "fb_items", "fb_photos", "fb_threads", "fb_messages")
