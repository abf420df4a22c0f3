"""The views.* methods: modals in a stack of three, and the Home."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.workspace.blocks import check_view, is_view_too_large, with_ids
from sandbox.workspace.model import Json, Refusal, View

if TYPE_CHECKING:
    from sandbox.workspace.memory import Memory

TRIGGER_LIFE = timedelta(seconds=3)
STACK_LIMIT = 3


def checked(memory: Memory, view: Any, kind: str = "modal") -> Json:
    """Return a view with all its ids, or refuse it as views.open does."""
    if not isinstance(view, dict):
        raise Refusal("invalid_arguments", ["must be an object [json-pointer:/view]"])
    if problems := check_view(view, (kind,)):
        raise Refusal("invalid_arguments", problems)
    if is_view_too_large(view):
        raise Refusal("view_too_large")
    return {**view, "blocks": with_ids(view["blocks"], lambda: memory.new_id("b"))}


def open_view(memory: Memory, args: Json) -> Json:
    """Slack: "views.open"."""
    body = checked(memory, args["view"])
    user = _exchange(memory, args["trigger_id"])
    memory.close_all(user)
    return {"view": as_slack(memory, put_on_top(memory, user, body))}


def push_view(memory: Memory, args: Json) -> Json:
    """Slack: "views.push"; needs an open modal, and three is the limit."""
    body = checked(memory, args["view"])
    trigger = memory.triggers.get(str(args["trigger_id"]))
    stack = memory.stacks.get(trigger.user, []) if trigger else []
    if trigger and not stack:
        raise Refusal("not_found")
    if len(stack) >= STACK_LIMIT:
        raise Refusal("push_limit_reached")
    return {"view": as_slack(memory, put_on_top(memory, _exchange(memory, args["trigger_id"]), body))}


def update_view(memory: Memory, args: Json) -> Json:
    """Slack: "views.update"; what the person entered in blocks that stay is kept."""
    view = memory.views.get(str(args.get("view_id")))
    if view is None and args.get("external_id"):
        views = memory.views.values()
        view = next((v for v in views if v.body.get("external_id") == args["external_id"]), None)
    if view is None:
        raise Refusal("not_found")
    if args.get("hash") and args["hash"] != view.hash:
        raise Refusal("hash_conflict")
    replace_body(memory, view, checked(memory, args["view"], view.body["type"]))
    return {"view": as_slack(memory, view)}


def publish_view(memory: Memory, args: Json) -> Json:
    """Slack: "views.publish"."""
    user = args["user_id"]
    if user not in memory.users:
        raise Refusal("user_not_found")
    body = checked(memory, args["view"], "home")
    home = memory.homes.get(user)
    if args.get("hash") and (home is None or args["hash"] != home.hash):
        raise Refusal("hash_conflict")
    if home is None:
        home = memory.homes[user] = View(memory.new_id("V"), user, body, memory.new_hash())
        home.root_id = home.id
    else:
        replace_body(memory, home, body)
    return {"view": as_slack(memory, home)}


def put_on_top(memory: Memory, user: str, body: Json) -> View:
    """Put a modal on top of a person's stack."""
    external = body.get("external_id")
    if external and any(view.body.get("external_id") == external for view in memory.views.values()):
        raise Refusal("duplicate_external_id")
    stack = memory.stacks.setdefault(user, [])
    view = View(memory.new_id("V"), user, body, memory.new_hash())
    view.root_id = stack[0] if stack else view.id
    view.previous_id = stack[-1] if stack else ""
    memory.views[view.id] = view
    stack.append(view.id)
    return view


def replace_body(memory: Memory, view: View, body: Json) -> None:
    """Show something else in a view that is open."""
    view.body = body
    view.hash = memory.new_hash()
    view.errors = {}
    kept = {block["block_id"] for block in body["blocks"]}
    view.entered = {block_id: entries for block_id, entries in view.entered.items() if block_id in kept}


def as_slack(memory: Memory, view: View, values: Json | None = None) -> Json:
    """Return a view as methods and payloads show it (Slack: "Views, View payload")."""
    identity = memory.identity
    shown = {
        "id": view.id,
        "team_id": identity.team_id,
        "type": view.body["type"],
        "blocks": view.body["blocks"],
        "private_metadata": view.body.get("private_metadata", ""),
        "callback_id": view.callback_id,
        "external_id": view.body.get("external_id", ""),
        "state": {"values": values or {}},
        "hash": view.hash,
        "root_view_id": view.root_id or view.id,
        "previous_view_id": view.previous_id or None,
        "app_id": identity.app_id,
        "app_installed_team_id": identity.team_id,
        "bot_id": identity.bot_id,
    }
    if view.body["type"] == "modal":
        shown |= {key: view.body.get(key) for key in ("title", "close", "submit")}
        shown |= {key: bool(view.body.get(key)) for key in ("clear_on_close", "notify_on_close")}
    return shown


def _exchange(memory: Memory, trigger_id: Any) -> str:
    """Use a trigger up and return whose it was (Slack: "views.open, Errors")."""
    trigger = memory.triggers.get(str(trigger_id))
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if memory.timeline.now() - trigger.issued > TRIGGER_LIFE:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    return trigger.user
