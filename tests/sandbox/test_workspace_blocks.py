"""What the sandbox's Block Kit check takes and refuses, limit by limit."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.workspace.blocks import check_message_blocks, check_view

Json = dict[str, Any]


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words}


def mrkdwn(words: str) -> Json:
    return {"type": "mrkdwn", "text": words}


def button(**over: Any) -> Json:
    return {"type": "button", "text": plain("Claim"), "action_id": "claim", **over}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(value: str, words: str = "word") -> Json:
    return {"text": plain(words), "value": value}


def select(**over: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")], **over}


def field(**over: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "words"}
    return {"type": "input", "label": plain("Words"), "element": element, **over}


def modal(**over: Any) -> Json:
    return {"type": "modal", "title": plain("Finding"), "submit": plain("Send"), "blocks": [field()], **over}


CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("It calls."), "confirm": plain("Yes"), "deny": plain("No")}

GOOD = [
    {"type": "section", "text": mrkdwn("x" * 3000)},
    {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    {"type": "section", "text": mrkdwn("x"), "accessory": select(initial_option=option("b"))},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("x")] * 10},
    actions(button(style="danger", value="v" * 2000, url="https://x" + "y" * 2991, confirm=CONFIRM)),
    actions(*(button(action_id=f"a{i}") for i in range(25))),
    actions({"type": "overflow", "action_id": "more", "options": [option("1"), option("2")]}),
    field(block_id="b" * 255, hint=plain("h"), optional=True),
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_a_block_at_its_limits_is_taken(block: Json) -> None:
    """Each limit is the last thing allowed, not the first thing refused."""
    assert check_message_blocks([block]) == []


BAD = [
    ({"type": "section"}, "must define either `text` or `fields`", ""),
    ({"type": "section", "text": mrkdwn("x" * 3001)}, "must be less than 3001 characters", "/text/text"),
    ({"type": "section", "text": mrkdwn("")}, "must be more than 0 characters", "/text/text"),
    ({"type": "section", "text": "bare"}, "must be an object", "/text"),
    ({"type": "section", "fields": [mrkdwn("x")] * 11}, "no more than 10 items allowed", "/fields"),
    ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "must be less than 2001 characters", "/fields/0/text"),
    ({"type": "section", "text": mrkdwn("x"), "color": "red"}, "invalid additional property: color", ""),
    ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters", "/text/text"),
    ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn", "/text/type"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items allowed", "/elements"),
    (actions(*(button(action_id=f"a{i}") for i in range(26))), "no more than 25 items allowed", "/elements"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters", "/elements/0/text/text"),
    (actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn", "/elements/0/text/type"),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters", "/elements/0/value"),
    (actions(button(url="x" * 3001)), "must be less than 3001 characters", "/elements/0/url"),
    (actions(button(action_id="x" * 256)), "must be less than 256 characters", "/elements/0/action_id"),
    (actions(button(style="green")), "value must be one of: primary, danger", "/elements/0/style"),
    (actions(button(confirm={"title": plain("x")})), "missing required field: text", "/elements/0/confirm"),
    (actions(button(), button()), "`action_id` must be unique within its block", ""),
    (actions({"type": "plain_text_input", "action_id": "x"}), "unsupported type: plain_text_input", "/elements/0/type"),
    (actions(select(options=[option(str(i)) for i in range(101)])), "no more than 100 items", "/elements/0/options"),
    (actions(select(options=[option("a", "x" * 76)])), "less than 76 characters", "/elements/0/options/0/text/text"),
    (actions(select(initial_option=option("c"))), "initial option must exactly match", "/elements/0"),
    (actions(select(options=[option("a"), option("a")])), "option values must be unique", "/elements/0/options"),
    ({"type": "input", "element": select()}, "missing required field: label", ""),
    (field(element={"type": "button", "text": plain("x")}), "unsupported type: button", "/element/type"),
    (field(block_id="b" * 256), "must be less than 256 characters", "/block_id"),
    ({"type": "marquee"}, "unsupported type: marquee", "/type"),
    ({"text": plain("x")}, "missing required field: type", ""),
]


@pytest.mark.parametrize(("block", "rule", "where"), BAD, ids=[f"{rule}{where}"[:60] for _, rule, where in BAD])
def test_a_block_over_a_limit_is_refused_with_the_place(block: Json, rule: str, where: str) -> None:
    """The refusal names the rule in Slack's words and points at the value."""
    problems = check_message_blocks([block])
    assert any(rule in problem and problem.endswith(f"[json-pointer:/blocks/0{where}]") for problem in problems), (
        problems
    )


def test_fifty_blocks_are_a_message_and_a_hundred_a_view() -> None:
    """The limits differ: 50 in a message, 100 in a modal or a Home."""
    divider: Json = {"type": "divider"}
    assert check_message_blocks([divider] * 50) == []
    assert check_message_blocks([divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert check_view({"type": "home", "blocks": [divider] * 100}, ("home",)) == []
    assert check_view({"type": "home", "blocks": [divider] * 101}, ("home",)) != []


def test_a_block_id_is_unique() -> None:
    """Two blocks of one message never share a block_id."""
    twice: Json = {"type": "divider", "block_id": "same"}
    assert check_message_blocks([twice, twice]) == ["`block_id` must be unique: same [json-pointer:/blocks/1/block_id]"]


BAD_VIEWS = [
    (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    (modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
    (modal(close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
    (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
    (modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
    (modal(size="large"), "invalid additional property: size [json-pointer:/view]"),
    (
        {"type": "modal", "title": plain("x"), "blocks": [field()]},
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]",
    ),
    ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    ({"type": "home", "blocks": []}, "value must be one of: modal [json-pointer:/view/type]"),
]


@pytest.mark.parametrize(("view", "problem"), BAD_VIEWS, ids=[problem[:50] for _, problem in BAD_VIEWS])
def test_a_modal_over_a_limit_is_refused(view: Json, problem: str) -> None:
    """What views.open refuses is refused with the same pointer."""
    assert problem in check_view(view)


def test_a_good_modal_is_taken() -> None:
    """A title, a submit button and an input are enough."""
    assert check_view(modal()) == []


PICTURE: Json = {"type": "image", "image_url": "https://radrelay.example/p.png", "alt_text": "Bars of p50 and p90"}


@pytest.mark.parametrize("url", ["https://radrelay.example/p.png", "http://127.0.0.1:8080/p.png", "http://localhost/p"])
def test_a_picture_has_an_address_and_a_description(url: str) -> None:
    """An https address, or one of loopback, where only the sandbox's own page looks; as a block, in a context, as a view."""
    shown = PICTURE | {"image_url": url}
    assert check_message_blocks([shown, {"type": "context", "elements": [shown]}]) == []
    assert check_view({"type": "home", "blocks": [shown]}, ("home",)) == []


BAD_PICTURES = [
    ({"image_url": "http://radrelay.example/p.png"}, "must be a valid URL [json-pointer:/blocks/0/image_url]"),
    ({"image_url": "data:image/png;base64,AA"}, "must be a valid URL [json-pointer:/blocks/0/image_url]"),
    ({"image_url": "/pictures/p.png"}, "must be a valid URL [json-pointer:/blocks/0/image_url]"),
    ({"image_url": "https://x/" + "p" * 3000}, "must be less than 3001 characters [json-pointer:/blocks/0/image_url]"),
    ({"alt_text": ""}, "must be more than 0 characters [json-pointer:/blocks/0/alt_text]"),
    ({"alt_text": "x" * 2001}, "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]"),
    ({"title": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn [json-pointer:/blocks/0/title/type]"),
]


@pytest.mark.parametrize(("wrong", "problem"), BAD_PICTURES, ids=[str(wrong)[:40] for wrong, _ in BAD_PICTURES])
def test_a_picture_over_a_limit_is_refused(wrong: Json, problem: str) -> None:
    """Slack fetches a picture by itself, so its address has to be one that Slack can reach."""
    assert check_message_blocks([PICTURE | wrong]) == [problem]


def test_a_picture_without_a_description_is_refused() -> None:
    """Somebody may not see it."""
    bare = {key: value for key, value in PICTURE.items() if key != "alt_text"}
    assert check_message_blocks([bare]) == ["missing required field: alt_text [json-pointer:/blocks/0]"]
