"""How a card looks in each state and at each distance."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from widgets.canvas.detail import NAMES_BELOW
from widgets.canvas.faces import FROZEN_FOOT, SIGN, Face
from widgets.canvas.live import paint_meter, paint_strip
from widgets.canvas.paints import Paints, ink_on

if TYPE_CHECKING:
    from widgets.canvas.card import Card

TEXT_X = 38.0
PORT = 5.0
"""Radius of a port's dot; it is seven tenths of a grid step when hovered."""
PORT_HOVERED = 7.0
FAMILY_BAR = 8.0


def paint(painter: QPainter, card: Card, paints: Paints) -> None:
    """Draw a card; the scale says how much of it."""
    if card.scene_detail_is_low():
        _paint_far(painter, card, paints)
        return
    face = card.face
    _paint_body(painter, card, paints)
    paints.draw_tile(painter, QPointF(9.0, 11.0), face.family)
    _paint_texts(painter, card, paints)
    if face.owner:
        _paint_owner(painter, face, paints)
    if face.inside is not None and not face.strip:
        paints.draw_inside(painter, face.picture_rect, face.inside)
    if face.placeholder:
        _paint_note(painter, face, paints)
    elif face.level:
        _paint_fix(painter, card, paints)
    if card.live is not None:
        if face.strip:
            paint_strip(painter, paints, card.live, card.image(), face.strip_rect, f"family-{face.family}")
        if face.metered:
            paint_meter(painter, paints, card.live, face.meter_rect)
    _paint_ports(painter, card, paints)
    if face.figure.heat:
        _paint_tag(painter, face, "caption", QRectF(0.0, face.height - 7.0, face.width - 8.0, 16.0), paints)


def _paint_tag(painter: QPainter, face: Face, kind: str, row: QRectF, paints: Paints) -> None:
    """The figure by which the canvas is coloured, at the right end of a row, on its heat."""
    heat = paints.heat(face.figure.heat or 0.0)
    width = min(paints.width(kind, face.figure.text) + 12.0, row.width())
    tag = QRectF(row.right() - width, row.y(), width, row.height())
    painter.setPen(QPen(paints.colour("surface-raised"), 1.0))
    painter.setBrush(heat)
    painter.drawRoundedRect(tag, 4.0, 4.0)
    painter.setFont(paints.font(kind))
    painter.setPen(ink_on(heat))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, paints.elided(kind, face.figure.text, width - 6.0))


def _paint_body(painter: QPainter, card: Card, paints: Paints) -> None:
    state, face, radius = card.state, card.face, float(paints.theme.radius("block"))
    if state & state.LIFTED:
        _paint_shadow(painter, face.rect, radius, paints)
    if state & state.FOCUSED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(paints.pen("focus", 2.0))
        painter.drawRoundedRect(face.rect.adjusted(-4.0, -4.0, 4.0, 4.0), radius + 4.0, radius + 4.0)
    elif state & (state.SELECTED | state.LIT):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(paints.pen("accent", 4.0, alpha=0.3))
        painter.drawRoundedRect(face.rect.adjusted(-2.5, -2.5, 2.5, 2.5), radius + 2.5, radius + 2.5)
    if face.inside is not None:
        _paint_edges(painter, face, paints)
    painter.setPen(_border(card, paints))
    painter.setBrush(paints.brush("hover" if state & state.HOVERED else "surface-raised"))
    inset = painter.pen().widthF() / 2
    painter.drawRoundedRect(face.rect.adjusted(inset, inset, -inset, -inset), radius, radius)
    if face.placeholder:
        painter.setBrush(paints.hatch())
        painter.drawRoundedRect(face.rect.adjusted(inset, inset, -inset, -inset), radius, radius)


def _border(card: Card, paints: Paints) -> QPen:
    """Errors and warnings keep their border when selected; the halo then says the rest."""
    state, level = card.state, card.face.level
    if card.face.placeholder and not state & state.SELECTED:
        return paints.pen("line-strong", 1.0, "dashes")
    if level == "error":
        return paints.pen("danger", 2.0)
    if level == "warning" and not state & state.SELECTED:
        return paints.pen("warning", 1.5)
    if card.face.figure.heat and not state & state.SELECTED:
        return QPen(paints.heat(card.face.figure.heat), 3.0)
    if state & (state.SELECTED | state.LIFTED | state.LIT):
        return paints.pen("accent", 2.0)
    if state & state.GHOST:
        return paints.pen("line-strong", 1.0, "dashes")
    return paints.pen("line-strong" if state & state.HOVERED else "line", 1.0)


def _paint_shadow(painter: QPainter, rect: QRectF, radius: float, paints: Paints) -> None:
    """A soft shadow: a few clear rectangles on top of each other."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.brush("wire", 0.05) if not paints.theme.dark else paints.brush("surface-sunken", 0.18))
    for grow in (2.0, 4.0, 6.0, 8.0, 10.0):
        painter.drawRoundedRect(rect.adjusted(-grow, 5.0 - grow, grow, 5.0 + grow), radius + grow, radius + grow)


def _paint_texts(painter: QPainter, card: Card, paints: Paints) -> None:
    face = card.face
    right = face.width - 10.0
    if face.frozen:
        _paint_frozen_foot(painter, face, paints)
    if face.level:
        right -= 20.0
        _paint_badge(painter, face, paints)
    elif card.live is not None and card.live.verdict:
        right -= 20.0
        name = "trending-down" if card.live.verdict == "vanishes" else "trending-up"
        paints.draw_icon(painter, QPointF(face.width - 26.0, 14.0), name, "warning")
    for sign in face.signs:
        right -= SIGN
        _paint_sign(painter, QPointF(right, 12.0), sign, paints)
    parameters = face.figure.text if face.figure.heat is None else ""
    if parameters and not face.placeholder:
        width = paints.width("caption", parameters)
        room = right - TEXT_X - width - 6.0
        if room > min(paints.width("name", face.name), 60.0):
            paints.write(painter, "caption", "text-faint", QPointF(right - width, 7.0), parameters)
            name_width = room
        else:
            name_width = right - TEXT_X
    else:
        name_width = right - TEXT_X
    paints.write(painter, "name", "text", QPointF(TEXT_X, 5.0), paints.elided("name", face.name, name_width))
    code_width = (face.width - 8.0 if not (face.level or face.signs) else right) - TEXT_X
    paints.write(painter, "code-small", "text-muted", QPointF(TEXT_X, 22.0), _code(face, code_width, paints))


def _code(face: Face, width: float, paints: Paints) -> str:
    """The second line; where room is short, how often a group is repeated stays and its class is cut."""
    if face.inside is None or not face.settings:
        return paints.elided("code-small", face.code, width)
    times = f" {face.settings}"
    return paints.elided("code-small", face.kind, width - paints.width("code-small", times)) + times


def _paint_badge(painter: QPainter, face: Face, paints: Paints) -> None:
    name, token = ("alert-triangle", "danger") if face.level == "error" else ("alert-circle", "warning")
    paints.draw_icon(painter, QPointF(face.width - 27.0, 13.0), name, token, 18, filled=True)


def _paint_sign(painter: QPainter, at: QPointF, sign: str, paints: Paints) -> None:
    """A small icon at the right of the header; frozen weights have a disc of their own."""
    if sign == "snowflake":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.brush("accent-soft"))
        painter.drawEllipse(QRectF(at.x(), at.y(), SIGN, SIGN))
    token = "accent" if sign == "snowflake" else "text-muted"
    paints.draw_icon(painter, at + QPointF(3.0, 3.0), sign, token, 14)


def _paint_owner(painter: QPainter, face: Face, paints: Paints) -> None:
    """Whose weights the block uses."""
    at, room = QPointF(10.0, face.body_top - 1.0), face.width - 18.0 - paints.width("strong-small", face.owner)
    words = "uses the weights of " if paints.width("small", "uses the weights of ") <= room else "weights of "
    paints.write(painter, "small", "text-muted", at, words)
    at += QPointF(paints.width("small", words), 0.0)
    name = paints.elided("strong-small", face.owner, face.width - 8.0 - at.x())
    paints.write(painter, "strong-small", "text", at, name)


def _paint_frozen_foot(painter: QPainter, face: Face, paints: Paints) -> None:
    """Slanted lines at the foot, within the round corners."""
    foot = QRectF(1.0, face.height - FROZEN_FOOT - 1.0, face.width - 2.0, FROZEN_FOOT)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.slants("accent"))
    radius = float(paints.theme.radius("block"))
    painter.drawPath(_foot(face.width, face.height, foot.y(), radius))


@lru_cache(maxsize=200)
def _foot(width: float, height: float, top: float, radius: float) -> QPainterPath:
    """The part of a card's inside below a line."""
    card, foot = QPainterPath(), QPainterPath()
    card.addRoundedRect(QRectF(1.0, 1.0, width - 2.0, height - 2.0), radius - 1.0, radius - 1.0)
    foot.addRect(QRectF(0.0, top, width, height - top))
    return card.intersected(foot)


def _paint_edges(painter: QPainter, face: Face, paints: Paints) -> None:
    """A group lies on two more cards, whose edges can be seen behind it."""
    radius = float(paints.theme.radius("block"))
    painter.setPen(paints.pen("line-strong" if paints.theme.dark else "line", 1.0))
    painter.setBrush(paints.brush("surface-raised"))
    painter.drawPath(_edges(face.width, face.height, radius))


@lru_cache(maxsize=200)
def _edges(width: float, height: float, radius: float) -> QPainterPath:
    """What can be seen of two cards that lie behind one, a little to the right and further down."""
    seen = QPainterPath()
    for step in (3.5, 7.0):
        right, bottom = width + step - 0.5, height + step - 0.5
        seen.moveTo(right - 3.5, radius + step)
        seen.lineTo(right, radius + step)
        seen.lineTo(right, bottom - radius)
        seen.quadTo(right, bottom, right - radius, bottom)
        seen.lineTo(radius + step, bottom)
        seen.lineTo(radius + step, bottom - 3.5)
        seen.lineTo(right - 3.5 - radius, bottom - 3.5)
        seen.quadTo(right - 3.5, bottom - 3.5, right - 3.5, bottom - 3.5 - radius)
        seen.closeSubpath()
    return seen


def _paint_note(painter: QPainter, face: Face, paints: Paints) -> None:
    for number, line in enumerate(face.note):
        paints.write(painter, "small", "text-muted", QPointF(10.0, face.body_top - 2.0 + 16.0 * number), line)


def _paint_fix(painter: QPainter, card: Card, paints: Paints) -> None:
    face, rect = card.face, card.face.fix_rect
    token = "danger" if face.level == "error" else "warning"
    painter.setPen(paints.pen(token, 1.0) if card.fix_hovered else Qt.PenStyle.NoPen)
    painter.setBrush(paints.brush(f"{token}-soft"))
    painter.drawRoundedRect(rect, 5.0, 5.0)
    paints.draw_icon(painter, rect.topLeft() + QPointF(6.0, 4.0), "wand", token)
    text = paints.elided("small", card.fix_label(), rect.width() - 34.0)
    paints.write(painter, "small", token, rect.topLeft() + QPointF(28.0, 4.0), text)


def _paint_ports(painter: QPainter, card: Card, paints: Paints) -> None:
    face = card.face
    radius = PORT_HOVERED if card.state & card.state.HOVERED else PORT
    filled, hollow = paints.brush("port"), paints.brush("surface-raised")
    for name, point in face.ports("input"):
        wrong = name in face.faulty
        painter.setPen(paints.pen("danger" if wrong else "port", 2.0))
        painter.setBrush(filled if name in face.fed and not wrong else hollow)
        painter.drawEllipse(point, radius - 1.0, radius - 1.0)
    painter.setPen(paints.pen("port", 2.0))
    painter.setBrush(filled)
    for _, point in face.ports("output"):
        painter.drawEllipse(point, radius - 1.0, radius - 1.0)
    for name, point in face.labelled("input"):
        name = paints.elided("code-small", name, face.label_room(point))
        paints.write(painter, "code-small", "text-muted", point + QPointF(12.0, -7.5), name)
    for name, point in face.labelled("output"):
        name = paints.elided("code-small", name, face.label_room(point))
        width = paints.width("code-small", name)
        paints.write(painter, "code-small", "text-muted", point + QPointF(-12.0 - width, -7.5), name)


def _paint_far(painter: QPainter, card: Card, paints: Paints) -> None:
    """Name, family bar and live picture only, with letters large enough to be read."""
    face, state = card.face, card.state
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(face.rect, paints.colour("hover" if state & state.HOVERED else "surface-raised"))
    painter.fillRect(QRectF(0.0, 0.0, FAMILY_BAR, face.height), paints.filling(face.filling))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_far_border(card, paints))
    painter.drawRect(face.rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    text = paints.elided("far", face.name, face.width - FAMILY_BAR - (36.0 if face.level else 12.0))
    paints.write(painter, "far", "text", QPointF(FAMILY_BAR + 6.0, 22.0 - paints.metrics("far").height() / 2), text)
    if card.live is not None and face.strip:
        paint_strip(painter, paints, card.live, card.image(), face.strip_rect, f"family-{face.family}")
    if face.figure.heat:
        _paint_tag(painter, face, "far", QRectF(0.0, face.height - 12.0, face.width, 27.0), paints)
    if face.level:
        scale = max(painter.worldTransform().m11(), NAMES_BELOW / 4)
        paint_far_badge(painter, face, QPointF(face.width - 4.0, 22.0), 1.0 / scale, paints)


def paint_far_badge(painter: QPainter, face: Face, right: QPointF, unit: float, paints: Paints) -> None:
    """The triangle or dot at the same size on the screen, however far away; `unit` is one pixel of it."""
    side = 14.0 * unit
    name, token = ("alert-triangle", "danger") if face.level == "error" else ("alert-circle", "warning")
    picture = paints.icon(name, token, 16, filled=True)
    painter.drawPixmap(QRectF(right.x() - side, right.y() - side / 2, side, side), picture, QRectF(picture.rect()))


def _far_border(card: Card, paints: Paints) -> QPen:
    state, level = card.state, card.face.level
    if state & state.FOCUSED:
        return paints.pen("focus", 5.0)
    if state & (state.SELECTED | state.LIT):
        return paints.pen("accent", 5.0)
    if level == "error":
        return paints.pen("danger", 4.0)
    return paints.pen("warning" if level == "warning" else "line", 2.0)
