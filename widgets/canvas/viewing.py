"""Looking at the scene: scrolling, zooming, the dotted ground, and the detail that fits into a frame."""

from math import log2

from PySide6.QtCore import QEasingCurve, QPoint, QPointF, QRect, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QPainter, QPixmap, QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from widgets.canvas.detail import choose
from widgets.canvas.paints import paints
from widgets.canvas.scene import CanvasScene
from widgets.theme import current, themes

SMALLEST, LARGEST = 0.05, 4.0
STEP = 1.2
DOTS = 24
LEAST_DOTS = 12
FIT_MARGIN = 48.0
ZOOM_BAR_ROOM = 48.0
"""Pixels at the foot of the view that the zoom bar takes, beyond the margin that fitting leaves anyway."""

LIVE_ROOM = 72.0
SETTLE_MS = 120
"""After so long without another zoom step everything is drawn sharp again."""


class CanvasView(QGraphicsView):
    """A view that zooms at a point and never draws more than a frame allows."""

    viewed = Signal()
    """Another part of the drawing is in view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Look at an empty scene."""
        super().__init__(parent)
        self._moving = self._scrolling = False
        self._scene = CanvasScene(self)
        self.setScene(self._scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The ground is painted whole, which lets Qt scroll by copying pixels even under a style sheet.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self._glide: QVariantAnimation | None = None
        self._ground: tuple[object, int, QPixmap] | None = None
        themes().changed.connect(self.retheme)

    @property
    def drawing(self) -> CanvasScene:
        """The scene: cards and wires."""
        return self._scene

    def zoom(self) -> float:
        """The scale: 1.0 is 100 %."""
        return self.transform().m11()

    def view_rect(self) -> QRectF:
        """The part of the scene that is in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def middle(self) -> QPointF:
        """The scene position in the middle of the view."""
        return self.view_rect().center()

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom so that the point of the view under `at` (the middle, if none is given) stays where it is."""
        self._stop_gliding()
        self._zoom(scale, at)

    def _zoom(self, scale: float, at: QPointF | None = None) -> None:
        scale = min(max(scale, SMALLEST), LARGEST)
        fixed = QPointF(self.viewport().rect().center()) if at is None else at
        before = self._to_scene(fixed)
        self._moving = True
        self._settle.start()
        self.setTransform(QTransform.fromScale(scale, scale))
        after = self._to_scene(fixed)
        self._scroll((before - after) * scale)

    def zoom_in(self) -> None:
        """One step closer."""
        self.zoom_to(self.zoom() * STEP)

    def zoom_out(self) -> None:
        """One step away."""
        self.zoom_to(self.zoom() / STEP)

    def zoom_reset(self) -> None:
        """Back to 100 %."""
        self.zoom_to(1.0)

    def pan(self, pixels: QPointF) -> None:
        """Move the drawing by pixels of the screen."""
        self._stop_gliding()
        self._scroll(-pixels)

    def fit(self) -> None:
        """Bring the whole drawing into view; one that is empty is looked at in full size."""
        self.look_at(self._above_zoom_bar(self._scene.bounds) if self._scene.cards else QRectF())

    def fit_at_once(self) -> None:
        """The same without gliding there, for a drawing that was not there before."""
        self.look_at(self._above_zoom_bar(self._scene.bounds) if self._scene.cards else QRectF(), animated=False)

    def look_from(self, scale: float, middle: QPointF) -> None:
        """Look again as one did before: at this scale, with this point in the middle."""
        self._glide_to(middle, scale, 0)

    def fit_live(self) -> None:
        """The same with room below for the live pictures that the last row of cards is about to get."""
        self.look_at(self._scene.bounds.adjusted(0.0, 0.0, 0.0, LIVE_ROOM))

    def _above_zoom_bar(self, bounds: QRectF) -> QRectF:
        """With so much room below that the bar at the foot of the view covers no card of the last row."""
        share = ZOOM_BAR_ROOM / max(self.viewport().height(), 3 * ZOOM_BAR_ROOM)
        return bounds.adjusted(0.0, 0.0, 0.0, bounds.height() * share / (1.0 - share))

    def shows_all(self) -> bool:
        """Whether no part of the drawing is out of view."""
        return self.view_rect().contains(self._scene.bounds)

    def look_at(self, rect: QRectF, largest: float = 1.0, animated: bool = True) -> None:
        """Bring a part of the scene into view, not larger than `largest`."""
        room = rect.adjusted(-FIT_MARGIN, -FIT_MARGIN, FIT_MARGIN, FIT_MARGIN)
        size = self.viewport().size()
        scale = min(size.width() / max(room.width(), 1.0), size.height() / max(room.height(), 1.0), largest)
        duration = current().duration("slow") if animated and self.isVisible() else 0
        self._glide_to(room.center(), max(scale, SMALLEST), duration)

    def choose_detail(self) -> None:
        """Draw as much of each card as scale and number allow."""
        visible = self._scene.count_within(self.view_rect())
        self._scene.set_detail(choose(self.zoom(), visible, self._moving))

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground and its dots, which keep their size on the screen."""
        tools, scale = paints(), self.zoom()
        painter.fillRect(rect, tools.colour("canvas"))
        pitch = round(DOTS * scale)
        while 0 < pitch < LEAST_DOTS:
            pitch *= 2
        if scale < SMALLEST * 2:
            return
        exposed = self.viewportTransform().mapRect(rect).toAlignedRect()
        origin = self.mapFromScene(QPointF(0.0, 0.0))
        offset = QPoint((exposed.x() - origin.x()) % pitch, (exposed.y() - origin.y()) % pitch)
        painter.save()
        painter.resetTransform()
        painter.drawTiledPixmap(exposed, self._dots(pitch), offset)
        painter.restore()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll; what lies over the drawing returns to its place once both directions are done.

        Moving it between the two would make Qt paint everything anew in place of copying pixels.
        """
        super().scrollContentsBy(dx, dy)
        if not self._scrolling:
            self._scrolled()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size shows more or fewer cards."""
        super().resizeEvent(event)
        self.choose_detail()
        self.viewed.emit()

    def _to_scene(self, at: QPointF) -> QPointF:
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(at)

    def _scroll(self, pixels: QPointF) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        self._scrolling = True
        across.setValue(across.value() + round(pixels.x()))
        down.setValue(down.value() + round(pixels.y()))
        self._scrolling = False
        self._scrolled()

    def _scrolled(self) -> None:
        self.choose_detail()
        self.viewed.emit()

    def _settled(self) -> None:
        self._moving = False
        self.choose_detail()

    def _stop_gliding(self) -> None:
        if self._glide is not None:
            self._glide.stop()
            self._glide.deleteLater()
            self._glide = None

    def _glide_to(self, centre: QPointF, scale: float, duration: int) -> None:
        self._stop_gliding()
        if not duration:
            self._look(centre, scale)
            return
        start, first = self.middle(), self.zoom()
        glide = QVariantAnimation(self, duration=duration, startValue=0.0, endValue=1.0)
        glide.setEasingCurve(QEasingCurve.Type.OutCubic)

        def step(share: float) -> None:
            size = 2 ** (log2(first) + (log2(scale) - log2(first)) * share)
            self._look(start + (centre - start) * share, size)

        glide.valueChanged.connect(step)
        self._glide = glide
        glide.start()

    def _look(self, centre: QPointF, scale: float) -> None:
        self._zoom(scale)
        self._scroll((centre - self.middle()) * scale)

    def _dots(self, pitch: int) -> QPixmap:
        theme = current()
        if self._ground is None or self._ground[0] is not theme or self._ground[1] != pitch:
            tile = QPixmap(pitch, pitch)
            tile.fill(theme.colour("canvas"))
            painter = QPainter(tile)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("canvas-dot"))
            painter.drawEllipse(QPointF(1.5, 1.5), 1.2, 1.2)
            painter.end()
            self._ground = theme, pitch, tile
        return self._ground[2]

    def retheme(self) -> None:
        """Everything is painted from the theme in use; live pictures take its heat colours."""
        for card in self._scene.cards.values():
            card.forget_image()
        self._scene.update()
        self.viewport().update()
