"""Bodies in words: of one request, of a route, and who reads or makes them."""

from __future__ import annotations

from djscope.feed.shapes import Payload
from djscope.model.definitions import NOWHERE
from djscope.model.findings.payloads import WAYS, place_of
from djscope.model.payloads import Handler, PayloadStat, Sizes
from djscope.model.routes import RouteStat
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.details.finding import fix, place_line
from djscope.ui.facts import Facts
from djscope.ui.severity import flag, tone
from djscope.ui.spec import Detail, Fact, Opener

MADE = {"made": "made in memory", "listed": "read to its end under ASGI"}


def of_unit(facts: Facts, unit: UnitFact) -> list[Fact]:
    """Of one request; nothing of a small answer to none."""
    payload = unit.payload
    if payload is None:
        return []
    return [Fact("body", _body(facts, payload)), Fact("response", _response(facts, payload))]


def _body(facts: Facts, payload: Payload) -> str:
    if payload.announced <= 0 and not payload.read:
        return ""
    if not payload.read:
        return f"{fmt.size(payload.announced)}, which nobody has read"
    announced = "" if payload.announced < 0 else f"{fmt.size(payload.announced)}, of it "
    at = _at(facts, payload.reader_id)
    return (
        f"{announced}{fmt.size(payload.read)} read by {WAYS.get(payload.how, payload.how)}{at},"
        f" {fmt.size(payload.memory)} at once in memory"
    )


def _response(facts: Facts, payload: Payload) -> str:
    if payload.streamed:
        sent = fmt.size(payload.sent) if payload.sent >= 0 else "a file"
        if not payload.chunks:
            return f"{sent}, streamed"
        first = f", the first after {fmt.duration(payload.first_us)}"
        early = ", closed before its end" if payload.closed_early else ""
        return f"{sent} streamed in {fmt.many(payload.chunks, 'chunk')}{first}{early}"
    if payload.sent < 0:
        return ""
    how = MADE["listed" if payload.chunks else "made"]
    return f"{fmt.size(payload.sent)} {how}{_at(facts, payload.builder_id)}"


def _at(facts: Facts, stack_id: str) -> str:
    place = place_of(facts.session.definitions.stack(stack_id))
    return f" at {place_line(place)}" if place else ""


def of_route(stat: PayloadStat) -> list[Fact]:
    """Of all its requests."""
    received = quantiles(stat.received)
    if stat.memory.n:
        received += f", at most {fmt.size(stat.memory.top)} at once in memory"
    sent = quantiles(stat.sent)
    if stat.streamed:
        sent += f"; {fmt.count(stat.streamed)} streamed"
    if stat.first.n:
        sent += f", the first chunk after {fmt.duration(stat.first.quantile(0.5))} (p50)"
    if stat.closed:
        sent += f", {fmt.count(stat.closed)} closed before their end"
    return [Fact("received", received), Fact("sent", sent)]


def quantiles(sizes: Sizes) -> str:
    """`p50 3.0MB · max 8.0MB (n=26)`."""
    if not sizes.n:
        return ""
    p50, top = fmt.size(sizes.quantile(0.5)), fmt.size(sizes.top)
    return f"p50 {p50} · max {top} (n={fmt.count(sizes.n)})"


def opener(route: RouteStat, handler: Handler) -> Opener:
    """Who reads or makes bodies of a route; follows both by their keys."""
    key, reads = (handler.stack_id, handler.how), handler.how in WAYS

    def detail(facts: Facts) -> Detail:
        latest = facts.session.routes.get((route.kind, route.name_id), route)
        known = latest.payload.readers if reads else latest.payload.makers
        one = known.get(key, handler)
        stack = facts.session.definitions.stack(one.stack_id)
        place = place_of(stack)
        kind = "body_buffered" if reads else "large_response"
        finding = facts.finding_at(kind, facts.text(route.name_id), one.stack_id)
        what = WAYS.get(one.how) or MADE[one.how]
        share = f"{fmt.count(one.n)} of {fmt.count(latest.n)} requests"
        told = [
            Fact("finding", f"{flag(finding)}: {finding.title}", tone(finding))
            if finding
            else None,
            Fact("do", finding.advice[0].text) if finding else None,
            Fact("", fix(finding), "code"),
            Fact("how", f"{what}, in {share} of {facts.text(route.name_id)}"),
            Fact("where", place_line(place) if place else facts.text(latest.view_id)),
            Fact("bytes", quantiles(one.size)),
            Fact("in memory", quantiles(one.memory) if reads else ""),
            Fact("seen", fmt.span(one.first_at, one.last_at), "faint"),
        ]
        return Detail(
            f"{what} {place.short if place else facts.text(route.name_id)}",
            [fact for fact in told if fact and fact.text],
            stack=stack if one.stack_id else None,
            copy=fix(finding),
            place=place or NOWHERE,
            process=facts.standing_for(sorted(latest.processes)),
            aim=(route.kind, facts.text(route.name_id)),
        )

    return detail
